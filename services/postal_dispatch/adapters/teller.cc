#include "postal_dispatch/adapters/teller.h"

#include "platform/crypto/sha256.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/adapters/telling_command.h"

#include <algorithm>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <thread>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

constexpr std::chrono::milliseconds kFirstPause{20};
constexpr std::chrono::milliseconds kLongestPause{1000};
constexpr std::chrono::milliseconds kLookEvery{100};

bool helps_again(const Error& error) {
  return error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kResourceExhausted ||
         error.code == ErrorCode::kDeadlineExceeded;
}

/// The answer of one command; outlives the wait for it.
struct Answer {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<ledger::Reply> reply;

  /// Nothing: `stopping` came first.
  std::optional<ledger::Reply> wait(const std::atomic<bool>& stopping) {
    std::unique_lock lock(mutex);
    while (!reply && !stopping) came.wait_for(lock, kLookEvery);
    return reply;
  }
};

}  // namespace

std::optional<std::string> Teller::tell(const ledger::EffectCall& call, const std::atomic<bool>& stopping) const {
  const auto telling = telling_command(call.key, call.payload);
  if (!telling) return encode_report({"", telling.error().reason});
  const auto partition = shared_kernel::partition_of(telling->target.home, gateway_.partition_count());
  for (auto pause = kFirstPause; !stopping; pause = std::min(2 * pause, kLongestPause)) {
    const auto answer = std::make_shared<Answer>();
    ledger::CommandRequest command;
    command.dossier = telling->target.id;
    command.request = telling->request;
    command.digest = *Digest::from(crypto::sha256({telling->body}).view().substr(0, Digest::kSize));
    command.principal = principal_;
    command.type = telling->type;
    command.body = telling->body;
    command.reply = [answer](const ledger::Reply& reply) {
      const std::lock_guard lock(answer->mutex);
      answer->reply = reply;
      answer->came.notify_one();
    };
    gateway_.submit(partition, std::move(command));
    const auto reply = answer->wait(stopping);
    if (!reply) break;
    if (!reply->error) return encode_report({});
    if (!helps_again(*reply->error)) return encode_report({"", reply->error->reason});
    for (auto slept = std::chrono::milliseconds(0); slept < pause && !stopping; slept += kFirstPause)
      std::this_thread::sleep_for(kFirstPause);
  }
  return std::nullopt;
}

}  // namespace lienthong::postal_dispatch
