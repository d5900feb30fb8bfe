#include "postal_dispatch/adapters/teller.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/adapters/machine_codec.h"
#include "postal_dispatch/core/telling.h"

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

/// Names the telling for ever: the same at every call, by whatever process. Version 8: not a time.
RequestId request_of(const ledger::EffectKey& key) {
  std::string numbers;
  append_u32_be(numbers, key.partition.partition);
  append_u64_be(numbers, key.dossier_seq);
  append_u32_be(numbers, key.index);
  const auto hash = crypto::sha256({"tell1", key.partition.ledger, key.dossier.view(), numbers});
  RequestId id = *RequestId::from(hash.view().substr(0, RequestId::kSize));
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

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

CommandBody body_of(Telling telling) {
  return std::visit([](auto&& what) { return CommandBody(std::forward<decltype(what)>(what)); }, std::move(telling.what));
}

}  // namespace

std::optional<std::string> Teller::tell(const ledger::EffectCall& call, const std::atomic<bool>& stopping) const {
  auto telling = decode_telling(call.payload);
  if (!telling) return encode_report({"", telling.error().reason});
  const auto target = telling->target;
  const auto encoded = encode_command(body_of(*std::move(telling)), std::nullopt);
  const auto partition = shared_kernel::partition_of(target.home, gateway_.partition_count());
  for (auto pause = kFirstPause; !stopping; pause = std::min(2 * pause, kLongestPause)) {
    const auto answer = std::make_shared<Answer>();
    ledger::CommandRequest command;
    command.dossier = target.id;
    command.request = request_of(call.key);
    command.digest = *Digest::from(crypto::sha256({encoded.body}).view().substr(0, Digest::kSize));
    command.principal = principal_;
    command.type = encoded.type;
    command.body = encoded.body;
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
