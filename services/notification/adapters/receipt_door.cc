#include "notification/adapters/receipt_door.h"

#include "notification/adapters/command_codec.h"
#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"

#include <nlohmann/json.hpp>

#include <algorithm>
#include <charconv>
#include <chrono>
#include <condition_variable>
#include <memory>
#include <mutex>
#include <optional>
#include <utility>

namespace lienthong::notification {
namespace {

constexpr std::chrono::seconds kAnswerMax{5};
constexpr std::chrono::milliseconds kLookEvery{100};
constexpr std::chrono::seconds kAgain{5};
constexpr std::size_t kReasonBytesMax = 64;
constexpr std::ptrdiff_t kGroundDigitsMax = 4;

/// The answer of the lane; outlives the wait for it.
struct Answer {
  std::mutex mutex;
  std::condition_variable came;
  std::optional<ledger::Reply> reply;

  std::optional<ledger::Reply> wait(const std::atomic<bool>& stopping) {
    const auto until = std::chrono::steady_clock::now() + kAnswerMax;
    std::unique_lock lock(mutex);
    while (!reply && !stopping.load() && std::chrono::steady_clock::now() < until) came.wait_for(lock, kLookEvery);
    return reply;
  }
};

http::DoorAnswer answer(int status, const std::string& reason = "", std::chrono::seconds retry_after = {}) {
  return {status, reason.empty() ? "" : R"({"reason":")" + reason + "\"}", retry_after};
}

/// One report, however often it is sent. Version 8: not a time.
RequestId request_of(const std::string& provider, const ReceiptReport& report) {
  const auto status = std::to_string(static_cast<int>(report.receipt));
  const auto hash = crypto::sha256({"receipt1", provider, "|", report.key, "|", status, "|", report.reason_code});
  RequestId id = *RequestId::from(hash.view().substr(0, RequestId::kSize));
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

struct Place {
  std::uint32_t partition = 0;
  DossierId dossier;
  NoticeNumber notice = 0;
};

Result<std::optional<Place>> find(ports::Query& query, std::uint32_t partitions, const std::string& key) {
  for (std::uint32_t p = 0; p < partitions; ++p) {
    ports::IndexQuery wanted{{"notification", p}, "receipt", key};
    wanted.limit = 1;
    const auto page = query.page(wanted);
    if (!page) return failure(page.error());
    if (page->hits.empty()) continue;
    Place place{p, page->hits.front().dossier, 0};
    const auto& suffix = page->hits.front().suffix;
    std::from_chars(suffix.data(), suffix.data() + suffix.size(), place.notice);
    return std::optional(place);
  }
  return std::optional<Place>();
}

/// A ground as a name; what may be a sentence, a number or somebody's name is not kept.
std::string ground(const nlohmann::json& object) {
  const auto code = object.value("code", nlohmann::json());
  if (!code.is_string()) return "";
  const auto text = code.get<std::string>();
  const bool name = !text.empty() && text.size() <= kReasonBytesMax && std::all_of(text.begin(), text.end(), [](char c) {
    return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_';
  });
  const auto digits = std::count_if(text.begin(), text.end(), [](char c) { return c >= '0' && c <= '9'; });
  return name && digits <= kGroundDigitsMax ? text : "";
}

}  // namespace

Result<ReceiptReport> read_receipt(const std::string& body) {
  const auto json = nlohmann::json::parse(body, nullptr, false);
  if (!json.is_object()) return malformed("a receipt is no JSON object");
  const auto id = json.value("id", nlohmann::json());
  const auto status = json.value("status", nlohmann::json());
  if (!id.is_string() || !status.is_string()) return malformed("a receipt without id or status");
  ReceiptReport report;
  const auto key = from_hex(id.get<std::string>());
  if (!key || key->size() != DerivedId::kSize) return malformed("the id of a receipt");
  report.key = to_hex(*key);
  const auto text = status.get<std::string>();
  if (text == "delivered") {
    report.receipt = Receipt::kDelivered;
  } else if (text == "permanent-failure") {
    report.receipt = Receipt::kPermanentFailure;
  } else if (text == "temporary-failure") {
    report.receipt = Receipt::kTemporaryFailure;
  } else {
    return malformed("the status of a receipt");
  }
  report.reason_code = ground(json);
  return report;
}

http::DoorAnswer ReceiptTaker::take(const std::string& provider, const http::SignedMessage& message,
                                    const std::atomic<bool>& stopping) const {
  const auto report = read_receipt(message.body);
  if (!report) return answer(400, "MALFORMED");
  const auto place = find(parts_.query, parts_.gateway.partition_count(), report->key);
  if (!place) return answer(503, place.error().reason, kAgain);
  // It may be a moment too early for the list.
  if (!*place) return answer(404, "NOTICE_NOT_FOUND", kAgain);
  const auto encoded =
      encode_command(RecordReceipt{(*place)->notice, provider, report->receipt, report->reason_code}, std::nullopt);
  const auto waiting = std::make_shared<Answer>();
  ledger::CommandRequest command;
  command.dossier = (*place)->dossier;
  command.request = request_of(provider, *report);
  command.digest = *Digest::from(crypto::sha256({encoded.body}).view().substr(0, Digest::kSize));
  command.principal = parts_.principal;
  command.issued_at = parts_.clock.now();
  command.deadline = parts_.clock.steady() + kAnswerMax;
  command.type = encoded.type;
  command.body = encoded.body;
  command.reply = [waiting](const ledger::Reply& reply) {
    const std::lock_guard lock(waiting->mutex);
    waiting->reply = reply;
    waiting->came.notify_one();
  };
  parts_.gateway.submit((*place)->partition, std::move(command));
  const auto reply = waiting->wait(stopping);
  if (!reply) return answer(503, "DROPPED", kAgain);
  if (!reply->error) return answer(204);
  switch (reply->error->code) {
    case ErrorCode::kNotFound: return answer(404, reply->error->reason);
    case ErrorCode::kInvalidArgument: return answer(400, reply->error->reason);
    case ErrorCode::kFailedPrecondition: return answer(409, reply->error->reason);
    case ErrorCode::kPermissionDenied: return answer(403, reply->error->reason);
    case ErrorCode::kAlreadyExists:
    case ErrorCode::kUnauthenticated:
    case ErrorCode::kAborted:
    case ErrorCode::kResourceExhausted:
    case ErrorCode::kUnavailable:
    case ErrorCode::kDeadlineExceeded:
    case ErrorCode::kDataLoss:
    case ErrorCode::kInternal: break;
  }
  return answer(503, reply->error->reason, kAgain);
}

}  // namespace lienthong::notification
