#include "postal_dispatch/adapters/scan_intake.h"

#include "platform/block/block.h"
#include "platform/crypto/sha256.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/adapters/post_values.h"
#include "postal_dispatch/adapters/post_view.h"
#include "postal_dispatch/adapters/state_codec.h"
#include "postal_dispatch/core/item_number.h"

#include <algorithm>
#include <atomic>
#include <memory>
#include <utility>

namespace lienthong::postal_dispatch {

using shared_kernel::api::ContentKey;
using wire::Decoding;

namespace {

constexpr int kScansMax = 200;
constexpr std::size_t kNameBytesMax = 500;

Error item_unknown() {
  return {ErrorCode::kNotFound, "ITEM_UNKNOWN",
          "Không có bưu gửi nào mang số này; hãy kiểm tra số bưu gửi và hãng vận chuyển.",
          "No item has this number; check the item number and the carrier."};
}
/// The same scan sent again is the same request. Version 8: not a time.
RequestId request_of(const v1::Scan& scan) {
  const auto hash = crypto::sha256({"scan", block::encode_message(scan)});
  RequestId id = *RequestId::from(hash.view().substr(0, RequestId::kSize));
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

Result<void> check_proof(const v1::ProofOfDelivery& proof) {
  if (auto name = shared_kernel::api::check_text(proof.receiver_name(), "proof.receiver_name", kNameBytesMax, true); !name)
    return name;
  const auto& digits = proof.identity_last_digits();
  const bool all = std::all_of(digits.begin(), digits.end(), [](char c) { return c >= '0' && c <= '9'; });
  if (digits.size() < 3 || digits.size() > 4 || !all) {
    return failure(
        rpc::invalid_field("proof.identity_last_digits", "cần 3 hoặc 4 chữ số cuối.", "3 or 4 last digits are needed."));
  }
  if (proof.evidence().size() != Hash::kSize) {
    return failure(rpc::invalid_field("proof.evidence", "cần SHA-256 của chữ ký hoặc ảnh.",
                                      "the SHA-256 of a signature or photo is needed."));
  }
  return {};
}

}  // namespace

struct ScanIntake::OneScan {
  v1::Scan scan;
  RecordScan record;
  DossierName owner;
  Done done;

  void fail(const Error& error, Duration retry_after = Duration::zero()) const {
    v1::ScanResult result;
    shared_kernel::api::set_failure(error, retry_after, *result.mutable_failure());
    done(result);
  }
};

Result<DossierName> ScanIntake::owner_of(const std::string& item) const {
  for (std::uint32_t p = 0; p < parts_.partition_count; ++p) {
    ports::IndexQuery query;
    query.partition = {"postal-dispatch", p};
    query.index = "item";
    query.key = item;
    query.limit = 1;
    const auto page = parts_.query.page(query);
    if (!page) return failure(page.error());
    if (page->hits.empty()) continue;
    ::lienthong::ledger::v1::DossierValue value;
    if (!value.ParseFromString(page->values.front().bytes)) return failure(item_unknown());
    const auto state = decode_state(value.state());
    if (!state) return failure(state.error());
    return DossierName{home_of(*state), page->hits.front().dossier};
  }
  return failure(item_unknown());
}

void ScanIntake::record(const rpc::Call& call, const v1::RecordScansRequest& request, const Answer& answer) const {
  if (request.scans_size() == 0 || request.scans_size() > kScansMax)
    return answer(failure(rpc::invalid_field("scans", "phải có 1 đến 200 lượt quét.", "1 to 200 scans are taken.")));
  struct Batch {
    v1::RecordScansResponse answer;
    std::atomic<int> left;
  };
  const auto batch = std::make_shared<Batch>();
  for (int i = 0; i < request.scans_size(); ++i) batch->answer.add_results();
  batch->left = request.scans_size();
  const auto queued = parts_.reads.post([this, call, request, answer, batch] {
    for (int i = 0; i < request.scans_size(); ++i) {
      record_one(call, request.scans(i), [batch, i, answer](const v1::ScanResult& result) {
        *batch->answer.mutable_results(i) = result;
        if (batch->left.fetch_sub(1) == 1) answer(batch->answer);
      });
    }
  });
  if (!queued) answer(failure(shared_kernel::api::too_many_reads()));
}

void ScanIntake::record_one(const rpc::Call& call, const v1::Scan& scan, const Done& done) const {
  const auto one = std::make_shared<OneScan>();
  one->scan = scan;
  one->done = done;
  const auto item = ItemNumber::parse(scan.item());
  if (!item) return one->fail(item.error());
  const auto at = shared_kernel::wire::decode(scan.scan_time());
  if (!at) return one->fail(at.error());
  const auto mapped = parts_.carriers.map(scan.carrier(), scan.raw_code(), scan.raw_reason(), *at);
  if (!mapped) return one->fail(mapped.error());
  const auto owner = owner_of(item->text());
  if (!owner) return one->fail(owner.error());
  one->owner = *owner;
  one->record = {item->text(),
                 {scan.carrier(),
                  scan.raw_code(),
                  mapped->table_version,
                  mapped->milestone,
                  *at,
                  scan.place(),
                  mapped->reason,
                  scan.amount(),
                  scan.receipt(),
                  {}}};
  const auto request = request_of(scan);
  auto begun = parts_.commands.begin(call, {}, {one->owner, request}, scan);
  if (!begun) return one->fail(begun.error());
  begun->reply = [this, one](const ledger::Reply& reply) {
    if (reply.error) return one->fail(*reply.error, reply.retry_after);
    v1::ScanResult result;
    parts_.commands.set_result(reply, one->owner, *result.mutable_result());
    const auto state = reply.value == nullptr ? Result<State>(State()) : decode_state(reply.value->state());
    if (state) {
      const auto* bag = std::get_if<Bag>(&*state);
      const auto* post = std::get_if<DossierPost>(&*state);
      if (bag != nullptr) show(one->owner, bag->shipment, *result.mutable_shipment());
      for (std::size_t i = 0; post != nullptr && i < post->shipments.size(); ++i) {
        if (post->shipments[i].item == one->record.item) show(one->owner, post->shipments[i], *result.mutable_shipment());
      }
    }
    one->done(result);
  };
  const auto command = std::make_shared<ledger::CommandRequest>(std::move(*begun));
  const auto send = [this, one, command] {
    auto encoded = encode_command(one->record, std::nullopt);
    command->type = encoded.type;
    command->body = std::move(encoded.body);
    parts_.commands.submit(one->owner, std::move(*command));
  };
  if (!scan.has_proof()) return send();
  if (const auto proof = check_proof(scan.proof()); !proof) return one->fail(proof.error());
  parts_.keys(shared_kernel::format_dossier_name(one->owner), [one, command, send](const Result<ContentKey>& key) {
    if (!key) return one->fail(key.error());
    const auto& proof = one->scan.proof();
    v1::ProofOfDelivery personal;
    personal.set_receiver_name(proof.receiver_name());
    personal.set_identity_last_digits(proof.identity_last_digits());
    v1::Proof sealed;
    command->sealed.push_back(
        shared_kernel::api::seal_for(*key, one->owner.id, block::encode_message(personal), *sealed.mutable_receiver()));
    sealed.set_relation(proof.relation());
    sealed.set_paper(proof.paper());
    *sealed.mutable_proof_time() = proof.proof_time();
    sealed.set_evidence(proof.evidence());
    Decoding in;
    const auto decoded = in.finish(wire::decode(sealed, in));
    if (!decoded) return one->fail(decoded.error());
    one->record.scan.proofs = {*decoded};
    send();
  });
}

}  // namespace lienthong::postal_dispatch
