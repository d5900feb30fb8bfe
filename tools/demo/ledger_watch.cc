#include "tools/demo/ledger_watch.h"

#include "lienthong/intake/v1/events.pb.h"
#include "platform/base/decision.h"

#include <algorithm>
#include <chrono>
#include <utility>

namespace lienthong::demo {
namespace {

constexpr EventMask kProcessed = mask_of(intake::v1::EVENT_TYPE_DOSSIER_PROCESSED);
constexpr std::chrono::seconds kCatchUpMax{60};

}  // namespace

void LedgerWatch::start(std::function<void(const DossierId& dossier)> processed) {
  processed_ = std::move(processed);
  attachment_ = log_.attach(*this);
  for (std::uint32_t p = 0; p < partitions_; ++p) {
    attachment_->end_offset({"intake", p}, p);
    attachment_->follow(p + 1, {"intake", p}, 0);
    // Whatever comes is done with at once: no need to hold anything back.
    attachment_->credit(p + 1, std::size_t{1} << 60);
  }
  std::unique_lock lock(mutex_);
  caught_up_.wait_for(lock, kCatchUpMax, [this] {
    return std::ranges::all_of(progress_, [](const Progress& one) { return one.end && one.next >= *one.end; });
  });
}

void LedgerWatch::note(std::uint32_t partition, std::optional<Offset> next, std::optional<Offset> end) {
  {
    const std::lock_guard lock(mutex_);
    auto& one = progress_[partition];
    if (next) one.next = *next;
    if (end) one.end = end;
    if (!one.end || one.next < *one.end) return;
  }
  caught_up_.notify_one();
}

void LedgerWatch::on_log(ports::LogMessage message) {
  if (const auto* answer = std::get_if<ports::EndOffset>(&message)) {
    return note(static_cast<std::uint32_t>(answer->ticket), std::nullopt, answer->offset.value_or(0));
  }
  const auto* record = std::get_if<ports::Fetched>(&message);
  if (record == nullptr) return;
  const auto partition = static_cast<std::uint32_t>(record->follow - 1);
  note(partition, record->offset + 1, std::nullopt);
  if (!record->block) return;
  auto& head = heads_[partition];
  if (!head) {
    if (auto born = ledger::PartitionState::from_genesis({"intake", partition}, *record->block)) head = *std::move(born);
    return;
  }
  if (ledger::classify(head->head, record->block.get()) != ledger::BlockClass::kEffective) return;
  head->head.block_seq = record->block->header().block_seq;
  head->head.hash = record->block->hash();
  take(*record->block);
}

void LedgerWatch::take(const block::Block& block) const {
  for (std::size_t i = 0; i < block.leaf_count(); ++i) {
    if ((block.leaf_events(i) & kProcessed) == 0) continue;
    block::v1::Leaf leaf;
    const auto bytes = block.leaf_bytes(i);
    if (!leaf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) continue;
    if (const auto dossier = DossierId::from(leaf.dossier_id())) processed_(*dossier);
  }
}

}  // namespace lienthong::demo
