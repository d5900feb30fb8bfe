#include "shared_kernel/api/commands.h"

#include "platform/block/block.h"
#include "platform/crypto/sha256.h"
#include "platform/rpc/status.h"

#include <algorithm>

namespace lienthong::shared_kernel::api {
namespace {

constexpr std::size_t kActorBytesMax = 64;
/// Names the way digests are made; stands beside every digest in the ledger.
constexpr std::uint32_t kDigestKey = 1;

}  // namespace

Commands::Commands(LedgerName ledger, ledger::Gateway& gateway, const ports::Clock& clock, const crypto::Key& service_key)
    : ledger_(std::move(ledger)),
      gateway_(gateway),
      clock_(clock),
      digest_key_(crypto::derive_key(service_key, "request digest 1").view()) {}

Result<CommandNames> Commands::creating(const api_v1::CommandHeader& header, const std::string& home_key,
                                        const std::string& principal) const {
  const auto home = HomeKey::parse(home_key);
  if (!home) return failure(home.error());
  const auto request = parse_creating_request(header.request_id());
  if (!request) return failure(request.error());
  if (request->home != *home) {
    return failure(rpc::invalid_field("header.request_id",
                                      "mã yêu cầu phải bắt đầu bằng nơi tiếp nhận " + home->text() + "; hãy tạo mã mới.",
                                      "the request id must begin with the desk " + home->text() + "; make a new one."));
  }
  return CommandNames{{*home, derive_dossier_id(*home, principal, request->request)}, request->request};
}

Result<CommandNames> Commands::existing(const api_v1::CommandHeader& header, const std::string& dossier_id) {
  auto dossier = parse_dossier_name(dossier_id);
  if (!dossier) return failure(dossier.error());
  const auto request = parse_uuid(header.request_id());
  if (!request) return failure(request.error());
  return CommandNames{std::move(*dossier), *request};
}

Result<ledger::CommandRequest> Commands::begin(const rpc::Call& call, const api_v1::CommandHeader& header,
                                               const CommandNames& names, const google::protobuf::Message& plain) const {
  if (const auto actor = check_text(header.actor(), "header.actor", kActorBytesMax, false); !actor)
    return failure(actor.error());
  if (header.has_occurred_time()) {
    if (const auto time = rpc::to_instant(header.occurred_time(), "header.occurred_time"); !time)
      return failure(time.error());
  }
  ledger::CommandRequest request;
  request.dossier = names.dossier.id;
  request.request = names.request;
  request.digest = crypto::request_digest(digest_key_, block::encode_message(plain));
  request.digest_key = kDigestKey;
  request.principal = call.principal;
  request.actor = header.actor();
  request.issued_at = uuid_time(names.request).value_or(Instant{});
  request.deadline = deadline_of(call);
  if (header.has_expected_revision()) request.expected_revision = header.expected_revision();
  request.traceparent = call.traceparent;
  return request;
}

void Commands::submit(const DossierName& dossier, ledger::CommandRequest request) const {
  gateway_.submit(partition_of(dossier), std::move(request));
}

std::uint32_t Commands::partition_of(const DossierName& dossier) const {
  return shared_kernel::partition_of(dossier.home, gateway_.partition_count());
}

void Commands::set_result(const ledger::Reply& reply, const DossierName& dossier, api_v1::CommandResult& out) const {
  // The command's own decision; the resource beside it may be newer, for a block can hold more decisions of the dossier.
  out.set_revision(reply.dossier_seq);
  out.set_replayed(reply.replayed);
  set_position(dossier, reply.block_seq, *out.mutable_position());
}

void Commands::set_position(const DossierName& dossier, std::uint64_t block_seq, api_v1::Position& out) const {
  out.set_service(ledger_);
  out.set_partition(partition_of(dossier));
  out.set_block_seq(block_seq);
}

Instant Commands::deadline_of(const rpc::Call& call) const {
  return call.remaining ? clock_.steady() + *call.remaining : Instant{};
}

void set_failure(const Error& error, Duration retry_after, api_v1::Failure& out) {
  out.set_code(rpc::to_grpc_code(error.code));
  out.set_reason(error.reason);
  out.set_message_vi(error.message_vi);
  out.set_message_en(error.message_en);
  if (error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kResourceExhausted) {
    if (retry_after <= Duration::zero()) retry_after = rpc::kDefaultRetryDelay;
    out.mutable_retry_delay()->set_seconds(retry_after.count() / 1'000'000);
    out.mutable_retry_delay()->set_nanos(static_cast<std::int32_t>(retry_after.count() % 1'000'000 * 1000));
  }
}

Result<void> check_text(const std::string& text, const std::string& field, std::size_t bytes_max, bool required) {
  if (text.size() > bytes_max) {
    const auto max = std::to_string(bytes_max);
    return failure(
        rpc::invalid_field(field, "dài quá " + max + " byte; hãy rút ngắn.", "longer than " + max + " bytes; shorten it."));
  }
  if (required && text.empty()) return failure(rpc::invalid_field(field, "không được để trống.", "must not be empty."));
  return {};
}

Result<void> check_reason_code(const std::string& text) {
  constexpr std::size_t kReasonBytesMax = 64;
  if (auto fits = check_text(text, "reason_code", kReasonBytesMax, true); !fits) return fits;
  const bool is_name = std::all_of(text.begin(), text.end(),
                                   [](char c) { return (c >= 'A' && c <= 'Z') || (c >= '0' && c <= '9') || c == '_'; });
  if (is_name) return {};
  return failure(rpc::invalid_field("reason_code", "chỉ gồm chữ hoa, chữ số và dấu _; ví dụ SENT_TWICE.",
                                    "only capitals, digits and _, e.g. SENT_TWICE."));
}

}  // namespace lienthong::shared_kernel::api
