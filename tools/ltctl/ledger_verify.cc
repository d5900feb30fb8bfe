#include "tools/ltctl/ledger_verify.h"

#include "platform/base/encoding.h"
#include "platform/crypto/sha256.h"
#include "tools/ltctl/decision_check.h"
#include "tools/ltctl/projection_check.h"
#include "tools/ltctl/source_walk.h"

#include <set>
#include <utility>

namespace lienthong::ltctl {
namespace {

namespace v1 = ledger::v1;

constexpr std::uint64_t kProgressEvery = 4096;
constexpr std::string_view kCatalogue = "catalogue";

void update_text(crypto::Sha256& sha, std::string_view text) {
  std::string size;
  append_u16_be(size, static_cast<std::uint16_t>(text.size()));
  sha.update(size).update(text);
}

void update_u64(crypto::Sha256& sha, std::uint64_t value) {
  std::string bytes;
  append_u64_be(bytes, value);
  sha.update(bytes);
}

/// Order of causes inside a block (docs/ledger.md).
int phase_of(const v1::Cause& cause) {
  switch (cause.kind_case()) {
    case v1::Cause::kInput:
    case v1::Cause::kPark:
    case v1::Cause::kQueued: return 0;
    case v1::Cause::kDrain: return 1;
    case v1::Cause::kOutcome: return 2;
    case v1::Cause::kResume: return 3;
    case v1::Cause::kReview:
    case v1::Cause::kTimer: return 4;
    case v1::Cause::kCommand:
    case v1::Cause::KIND_NOT_SET: return 5;
  }
  return 5;
}

const v1::SourceRef* taken_ref(const v1::Cause& cause) {
  if (cause.has_input()) return &cause.input().ref();
  if (cause.has_park()) return &cause.park().ref();
  if (cause.has_queued()) return &cause.queued().ref();
  return nullptr;
}

std::string text(const v1::SourceRef& ref) {
  return ref.ledger() + " " + std::to_string(ref.block_seq()) + ":" + std::to_string(ref.index());
}

class PartitionCheck {
 public:
  PartitionCheck(LedgerReader& reader, const ServiceUnderCheck& service, const LedgerPartition& partition,
                 const VerifyOptions& options)
      : reader_(reader), service_(service), partition_(partition), options_(options) {
    report_.partition = partition;
  }

  PartitionReport run() {
    std::optional<ProjectionCheck> projection;
    if (options_.projection != nullptr) {
      auto loaded = ProjectionCheck::load(*options_.projection, service_.machine, partition_);
      if (!loaded) return give_up(loaded.error());
      projection.emplace(*std::move(loaded));
      newer_ = &*projection;
    }
    const auto end = reader_.end(partition_);
    if (!end) return give_up(end.error());
    if (projection && projection->watermark() > *end) {
      differ("chỉ mục đi trước sổ cái: sổ đã mất phần cuối",
             "the projection is ahead of the ledger, which has lost its end");
    }
    if (!open_sources()) return std::move(report_);
    LedgerReader::Stream stream(reader_, partition_, 0);
    bool sound = true;
    while (sound && static_cast<Offset>(report_.records) < *end) {
      auto record = stream.next();
      if (!record) return give_up(record.error());
      at_ = record->offset;
      sound = take(record->block);
      if (!sound) break;
      ++report_.records;
      if (projection && at_ + 1 == projection->watermark()) projection->compare_at_watermark(state_, dossiers_, sink());
      if (options_.progress && report_.records % kProgressEvery == 0) options_.progress(partition_, at_, *end);
    }
    at_ = -1;
    if (sound) finish(projection);
    if (projection) report_.projection = projection->report();
    return std::move(report_);
  }

 private:
  DifferenceSink sink() {
    return [this](std::string vi, std::string en) { differ(std::move(vi), std::move(en)); };
  }

  void differ(std::string vi, std::string en) {
    report_.differ({at_, at_ < 0 ? 0 : block_seq_, std::move(vi), std::move(en)}, options_.differences_max);
  }

  PartitionReport give_up(const Error& error) {
    differ(error.message_vi, error.message_en);
    return std::move(report_);
  }

  bool open_sources() {
    for (const auto& [ledger, mask] : service_.machine.sources()) {
      auto walk = SourceWalk::open(reader_, {ledger, partition_.partition}, mask);
      if (!walk) {
        differ(walk.error().message_vi, walk.error().message_en);
        return false;
      }
      walks_.emplace(ledger, *std::move(walk));
    }
    return true;
  }

  bool take(const block::BlockPtr& block) {
    if (at_ == 0) {
      if (!block) return fatal("bản ghi 0 không đọc được", "record 0 can't be read");
      auto born = ledger::PartitionState::from_genesis(partition_, *block);
      if (!born) return fatal(born.error().message_vi, born.error().message_en);
      state_ = *std::move(born);
      return true;
    }
    block_seq_ = block ? block->header().block_seq : 0;
    switch (ledger::classify(state_.head, block.get())) {
      case ledger::BlockClass::kIgnored: ++report_.ignored; return true;
      case ledger::BlockClass::kVoid: ++report_.voided; return true;
      case ledger::BlockClass::kTooNew: return fatal("khối cần phiên bản mới hơn", "a block needs a newer version");
      case ledger::BlockClass::kFault: return fatal("chuỗi khối đứt (quy tắc 3)", "the chain is broken (rule 3)");
      case ledger::BlockClass::kEffective: break;
    }
    ++report_.effective;
    return fold(*block);
  }

  bool fatal(std::string vi, std::string en) {
    differ(std::move(vi), std::move(en));
    return false;
  }

  bool fold(const block::Block& block) {
    const auto& core = block.core();
    if (core.kind() != v1::Core::KIND_NORMAL)
      return fatal("khối không phải loại thường", "the block is of no kind a lane writes");
    if (core.decided_at() < state_.decided_at.micros) differ("thời điểm quyết định lùi lại", "decided_at goes back");
    std::vector<v1::Leaf> leaves(block.leaf_count());
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const auto bytes = block.leaf_bytes(i);
      if (!leaves[i].ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
        return fatal(leaf_name(i) + " không đọc được", leaf_name(i) + " can't be read");
      }
    }
    const auto sources = match_inputs(core, leaves);
    auto after = state_;
    after.apply(block);
    const auto rules = rules_at(after);
    const bool comparable = core.logic() == service_.machine.logic() && (rules || service_.rules == nullptr);
    ledger::NumberScratch numbers(state_.counters);
    DecisionCheck check(service_.machine, reader_, partition_.partition,
                        {state_.head.ledger_id, Instant{core.decided_at()}, rules ? rules->rules.get() : nullptr});
    int phase = 0;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const auto& leaf = leaves[i];
      auto id = DossierId::from(leaf.dossier_id());
      if (!id) return fatal(leaf_name(i) + ": mã hồ sơ sai", leaf_name(i) + ": the dossier id is malformed");
      ++report_.decisions;
      if (phase_of(leaf.cause()) < std::exchange(phase, phase_of(leaf.cause()))) {
        differ(leaf_name(i) + " sai thứ tự nguyên nhân trong khối", leaf_name(i) + " breaks the order of causes in a block");
      }
      check_event_bits(core, i, leaf);
      auto& dossier = dossiers_[*id];
      if (comparable) {
        const auto found = check.compare(dossier.value, leaf, block.leaf_bytes(i), sources[i], numbers);
        if (found) {
          differ(leaf_name(i) + ": " + found->vi, leaf_name(i) + ": " + found->en);
        } else {
          ++report_.decided_again;
        }
      } else {
        ++report_.folded_only;
      }
      if (auto applied = ledger::apply_leaf(service_.machine, dossier.value, leaf, block.leaf_hash(i)); !applied) {
        return fatal(leaf_name(i) + ": " + applied.error().message_vi, leaf_name(i) + ": " + applied.error().message_en);
      }
      dossier.asof = block.header().block_seq;
    }
    if (comparable) check_counters(core, numbers);
    state_ = std::move(after);
    compare_newer(block.header().block_seq);
    return true;
  }

  static std::string leaf_name(std::size_t index) { return "leaf " + std::to_string(index); }

  void check_event_bits(const v1::Core& core, std::size_t index, const v1::Leaf& leaf) {
    std::uint64_t bits = 0;
    for (const auto& event : leaf.events()) bits |= mask_of(event.type());
    if (core.leaf_events(static_cast<int>(index)) != bits) {
      differ(leaf_name(index) + ": tập loại sự kiện ghi sai", leaf_name(index) + ": the set of event types is wrong");
    }
  }

  void check_counters(const v1::Core& core, const ledger::NumberScratch& numbers) {
    std::map<std::string, std::uint64_t, std::less<>> recorded;
    for (const auto& counter : core.counters()) recorded[counter.key()] = counter.value();
    if (recorded != numbers.changed())
      differ("số thứ tự cấp khác khi quyết định lại", "running numbers differ when decided again");
  }

  std::optional<ledger::RulesVersion> rules_at(const ledger::PartitionState& after) {
    if (service_.rules == nullptr) return std::nullopt;
    const auto cursor = after.cursors.find(kCatalogue);
    auto found = cursor == after.cursors.end() ? std::nullopt : service_.rules->find(cursor->second);
    if (!found) differ("không có bản danh mục tại con trỏ của khối", "no catalogue release stands at the block's cursor");
    return found;
  }

  /// Walks the sources to the block's cursors. Result: per leaf the source decision it takes in, if it takes one.
  std::vector<std::optional<SourceDecision>> match_inputs(const v1::Core& core, const std::vector<v1::Leaf>& leaves) {
    std::map<std::string, std::vector<SourceDecision>> expected;
    for (const auto& input : core.inputs()) {
      auto hash = Hash::from(input.hash());
      const Cursor cursor{input.offset(), input.block_seq(), input.index(), hash.value_or(Hash{})};
      if (input.ledger() == kCatalogue) {
        const auto known = state_.cursors.find(kCatalogue);
        if (known != state_.cursors.end() && !known->second.before(cursor)) {
          differ("con trỏ danh mục không tiến lên", "the catalogue's cursor does not go forward");
        }
        continue;
      }
      const auto walk = walks_.find(input.ledger());
      if (walk == walks_.end()) {
        if (!broken_.contains(input.ledger()))
          differ("con trỏ vào nguồn lạ " + input.ledger(), "a cursor of the unknown source " + input.ledger());
        continue;
      }
      auto walked = walk->second.walk(cursor);
      if (!walked) {
        differ(walked.error().message_vi, walked.error().message_en);
        broken_.insert(input.ledger());
        walks_.erase(walk);
        continue;
      }
      expected[input.ledger()] = *std::move(walked);
    }
    return match(leaves, expected);
  }

  std::vector<std::optional<SourceDecision>> match(const std::vector<v1::Leaf>& leaves,
                                                   const std::map<std::string, std::vector<SourceDecision>>& expected) {
    std::vector<std::optional<SourceDecision>> sources(leaves.size());
    std::map<std::string, std::size_t> used;
    for (std::size_t i = 0; i < leaves.size(); ++i) {
      const v1::SourceRef* ref = taken_ref(leaves[i].cause());
      if (ref == nullptr || broken_.contains(ref->ledger())) continue;
      ++report_.inputs;
      const auto of = expected.find(ref->ledger());
      std::size_t& at = used[ref->ledger()];
      if (of == expected.end() || at == of->second.size()) {
        differ(leaf_name(i) + " lấy " + text(*ref) + " ngoài con trỏ",
               leaf_name(i) + " takes " + text(*ref) + " outside of the cursors");
        continue;
      }
      const SourceDecision& source = of->second[at++];
      const bool same = source.block->header().block_seq == ref->block_seq() && source.index == ref->index() &&
                        source.offset == ref->offset() && source.block->hash().view() == ref->hash();
      if (!same) {
        differ(leaf_name(i) + " lấy " + text(*ref) + " sai thứ tự nguồn",
               leaf_name(i) + " takes " + text(*ref) + " out of source order");
        continue;
      }
      sources[i] = source;
    }
    for (const auto& [ledger, decisions] : expected) {
      for (std::size_t at = used[ledger]; at < decisions.size(); ++at) {
        const std::string which = ledger + " " + std::to_string(decisions[at].block->header().block_seq) + ":" +
                                  std::to_string(decisions[at].index);
        differ("quyết định nguồn " + which + " bị bỏ qua", "source decision " + which + " is passed over");
      }
    }
    return sources;
  }

  void compare_newer(std::uint64_t block_seq) {
    if (newer_ != nullptr) newer_->compare_newer(block_seq, dossiers_, sink());
  }

  void finish(std::optional<ProjectionCheck>& projection) {
    if (report_.records == 0) {
      differ("sổ cái trống: hãy chạy ltctl ledger genesis", "the ledger is empty: run ltctl ledger genesis");
      return;
    }
    if (projection) projection->finish(report_.effective > 0, sink());
    for (auto& [ledger, walk] : walks_) {
      auto waiting = walk.waiting();
      if (!waiting) {
        differ(waiting.error().message_vi, waiting.error().message_en);
      } else {
        report_.waiting += *waiting;
      }
    }
    report_.dossiers = dossiers_.size();
    report_.head_seq = state_.head.block_seq;
    report_.state_hash = state_hash(state_, dossiers_);
  }

  LedgerReader& reader_;
  const ServiceUnderCheck& service_;
  LedgerPartition partition_;
  const VerifyOptions& options_;
  PartitionReport report_;
  Offset at_ = -1;
  std::uint64_t block_seq_ = 0;
  ledger::PartitionState state_;
  FoldedDossiers dossiers_;
  std::map<LedgerName, SourceWalk> walks_;
  std::set<LedgerName> broken_;
  ProjectionCheck* newer_ = nullptr;
};

}  // namespace

void PartitionReport::differ(Difference difference, std::size_t kept_max) {
  ++difference_count;
  if (differences.size() < kept_max) differences.push_back(std::move(difference));
}

Hash state_hash(const ledger::PartitionState& state, const FoldedDossiers& dossiers) {
  crypto::Sha256 sha;
  sha.update("sta1");
  update_u64(sha, state.head.block_seq);
  sha.update(state.head.hash.view());
  update_u64(sha, state.cursors.size());
  for (const auto& [ledger, cursor] : state.cursors) {
    update_text(sha, ledger);
    update_u64(sha, static_cast<std::uint64_t>(cursor.offset));
    update_u64(sha, cursor.block_seq);
    update_u64(sha, cursor.index);
    sha.update(cursor.hash.view());
  }
  update_u64(sha, state.counters.size());
  for (const auto& [key, value] : state.counters) {
    update_text(sha, key);
    update_u64(sha, value);
  }
  update_u64(sha, dossiers.size());
  for (const auto& [id, dossier] : dossiers) {
    const std::string bytes = block::encode_message(dossier.value);
    sha.update(id.view());
    update_u64(sha, dossier.asof);
    update_u64(sha, bytes.size());
    sha.update(bytes);
  }
  return sha.finish();
}

PartitionReport verify_partition(LedgerReader& reader, const ServiceUnderCheck& service, const LedgerPartition& partition,
                                 const VerifyOptions& options) {
  return PartitionCheck(reader, service, partition, options).run();
}

Result<std::uint32_t> partition_count(LedgerReader& reader, const LedgerName& ledger) {
  const LedgerPartition first{ledger, 0};
  auto genesis = reader.read(first, 0);
  if (!genesis) return failure(genesis.error());
  const bool born = *genesis && ledger::PartitionState::from_genesis(first, **genesis).has_value();
  if (!born) {
    return failure({ErrorCode::kFailedPrecondition, "NO_GENESIS",
                    "Sổ cái " + first.topic() + " chưa được tạo; hãy chạy ltctl ledger genesis.",
                    "Ledger " + first.topic() + " does not exist yet; run ltctl ledger genesis."});
  }
  return (*genesis)->core().genesis().partition_count();
}

}  // namespace lienthong::ltctl
