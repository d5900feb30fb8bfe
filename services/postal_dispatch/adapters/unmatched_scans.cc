#include "postal_dispatch/adapters/unmatched_scans.h"

#include "platform/block/block.h"
#include "platform/crypto/sha256.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/adapters/post_values.h"

#include <utility>

namespace lienthong::postal_dispatch {
namespace {

/// Keeping the same scan again is the same request. Version 8: not a time.
RequestId request_of(const v1::UnmatchedScan& scan) {
  const auto hash = crypto::sha256({"unmatched", block::encode_message(scan)});
  RequestId id = *RequestId::from(hash.view().substr(0, RequestId::kSize));
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

v1::UnmatchedScan unmatched(const v1::Scan& scan, const std::string& reason) {
  v1::UnmatchedScan out;
  out.set_carrier(scan.carrier());
  out.set_item(scan.item());
  out.set_raw_code(scan.raw_code());
  *out.mutable_scan_time() = scan.scan_time();
  out.set_place(scan.place());
  out.set_raw_reason(scan.raw_reason());
  out.set_amount(scan.amount());
  out.set_receipt(scan.receipt());
  out.set_reason(reason);
  return out;
}

}  // namespace

bool UnmatchedScans::keeps(const std::string& reason) {
  return reason == "ITEM_UNKNOWN" || reason == "CARRIER_CODE_UNKNOWN";
}

void UnmatchedScans::keep(const rpc::Call& call, const v1::Scan& scan, const std::string& reason,
                          const std::function<void(const Result<void>&)>& done) const {
  const auto count = waiting(scan.carrier());
  if (!count) return done(failure(count.error()));
  if (*count >= kUnmatchedScansMax) {
    return done(failure({ErrorCode::kFailedPrecondition, "UNMATCHED_SCANS_FULL",
                         "Hãng này đã có quá nhiều lượt quét chưa khớp; hãy xem danh sách và hỏi hãng.",
                         "Too many scans of this carrier are unmatched already; look at the list and ask the carrier."}));
  }
  const auto wire = unmatched(scan, reason);
  wire::Decoding in;
  auto decoded = wire::decode(wire, in);
  const auto checked = in.finish(0);
  if (!checked) return done(failure(checked.error()));
  const auto name = unmatched_name(decoded);
  auto command = commands_.begin(call, {}, {name, request_of(wire)}, wire);
  if (!command) return done(failure(command.error()));
  auto encoded = encode_command(KeepScan{std::move(decoded)}, std::nullopt);
  command->type = encoded.type;
  command->body = std::move(encoded.body);
  command->reply = [done](const ledger::Reply& reply) {
    if (reply.error) return done(failure(*reply.error));
    done({});
  };
  commands_.submit(name, std::move(*command));
}

Result<std::uint64_t> UnmatchedScans::waiting(const std::string& carrier) const {
  const auto partition = shared_kernel::partition_of(unmatched_name({}).home, partition_count_);
  return query_.count({"postal-dispatch", partition}, "unmatched", carrier);
}

v1::Scan scan_of(const UnmatchedScan& kept) {
  v1::Scan out;
  out.set_carrier(kept.carrier);
  out.set_item(kept.item);
  out.set_raw_code(kept.raw_code);
  shared_kernel::wire::encode(kept.at, *out.mutable_scan_time());
  out.set_place(kept.place);
  out.set_raw_reason(kept.raw_reason);
  out.set_amount(kept.amount);
  out.set_receipt(kept.receipt);
  return out;
}

}  // namespace lienthong::postal_dispatch
