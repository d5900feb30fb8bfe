#include "tools/ltctl/projection_check.h"

#include "platform/base/encoding.h"

#include <algorithm>
#include <chrono>
#include <thread>
#include <utility>

namespace lienthong::ltctl {
namespace {

namespace v1 = ledger::v1;

constexpr int kTries = 25;
constexpr std::chrono::milliseconds kBetweenTries{200};

std::string name_of(const DossierId& id) { return to_base32(id.view()); }

std::string text(const IndexEntry& entry) {
  return entry.index + "/" + entry.key + " " + std::to_string(entry.score) +
         (entry.suffix.empty() ? "" : " " + entry.suffix);
}

std::string list(const IndexEntries& entries) {
  std::string out;
  for (const auto& entry : entries) out += (out.empty() ? "" : ", ") + text(entry);
  return out.empty() ? "-" : out;
}

}  // namespace

Result<ProjectionCheck> ProjectionCheck::load(ports::Query& query, const ledger::Machine& machine,
                                              const LedgerPartition& partition) {
  for (int i = 0; i < kTries; ++i) {
    if (i > 0) std::this_thread::sleep_for(kBetweenTries);
    ProjectionCheck check(machine);
    auto before = query.meta(partition);
    if (!before) return failure(before.error());
    auto values = query.all_values(partition);
    if (!values) return failure(values.error());
    auto entries = query.all_entries(partition);
    if (!entries) return failure(entries.error());
    auto after = query.meta(partition);
    if (!after) return failure(after.error());
    check.meta_ = *std::move(before);
    if (check.watermark() != (*after ? (*after)->watermark() : 0)) continue;
    check.report_ = {check.watermark(), values->size(), entries->size(), 0};
    for (auto& value : *values) check.values_[value.dossier] = std::move(value);
    for (auto& [id, entry] : *entries) check.entries_[id].push_back(std::move(entry));
    return check;
  }
  const std::string name = partition.topic() + "/" + std::to_string(partition.partition);
  return failure({ErrorCode::kFailedPrecondition, "PROJECTION_MOVES",
                  "Chỉ mục của " + name + " thay đổi liên tục; hãy thử lại khi tải giảm.",
                  "The projection of " + name + " changes all the time; try again under less load."});
}

void ProjectionCheck::compare_at_watermark(const ledger::PartitionState& state, const FoldedDossiers& dossiers,
                                           const DifferenceSink& differ) {
  compared_ = true;
  if (block::encode_message(*meta_) != block::encode_message(state.to_meta(meta_->watermark()))) {
    differ("đầu, con trỏ hoặc bộ đếm của chỉ mục khác sổ cái",
           "head, cursors or counters of the projection differ from the ledger");
  }
  for (const auto& [id, stored] : values_) {
    if (stored.asof > state.head.block_seq) {
      ++report_.newer;
      newer_.emplace(stored.asof, id);
      continue;
    }
    const auto folded = dossiers.find(id);
    if (folded == dossiers.end()) {
      differ("hồ sơ " + name_of(id) + " có trong chỉ mục, không có trong sổ",
             "dossier " + name_of(id) + " is in the projection, not in the ledger");
    } else if (folded->second.asof != stored.asof || block::encode_message(folded->second.value) != stored.bytes) {
      const std::string at = name_of(id) + " @" + std::to_string(stored.asof) + "/" + std::to_string(folded->second.asof);
      differ("giá trị hồ sơ " + at + " khác sổ cái", "the value of dossier " + at + " differs from the ledger");
    }
  }
  for (const auto& [id, folded] : dossiers) {
    if (!values_.contains(id))
      differ("hồ sơ " + name_of(id) + " thiếu trong chỉ mục", "dossier " + name_of(id) + " is missing in the projection");
  }
  compare_entries(differ);
}

void ProjectionCheck::compare_entries(const DifferenceSink& differ) {
  for (const auto& [id, stored] : values_) {
    v1::DossierValue value;
    if (!value.ParseFromString(stored.bytes)) {
      differ("giá trị hồ sơ " + name_of(id) + " không đọc được", "the value of dossier " + name_of(id) + " can't be read");
      continue;
    }
    IndexEntries wanted = ledger::all_entries(*machine_, value);
    std::sort(wanted.begin(), wanted.end());
    wanted.erase(std::unique(wanted.begin(), wanted.end()), wanted.end());
    IndexEntries found = entries_[id];
    std::sort(found.begin(), found.end());
    if (wanted == found) continue;
    differ("hồ sơ " + name_of(id) + " nằm trong danh sách " + list(found) + ", phải là " + list(wanted),
           "dossier " + name_of(id) + " stands in the lists " + list(found) + ", must be " + list(wanted));
  }
  for (const auto& [id, found] : entries_) {
    if (!values_.contains(id))
      differ("danh sách giữ hồ sơ lạ " + name_of(id), "a list holds the unknown dossier " + name_of(id));
  }
}

void ProjectionCheck::compare_newer(std::uint64_t block_seq, const FoldedDossiers& dossiers, const DifferenceSink& differ) {
  const auto [first, last] = newer_.equal_range(block_seq);
  for (auto it = first; it != last; ++it) {
    const auto& id = it->second;
    const auto folded = dossiers.find(id);
    const bool same = folded != dossiers.end() && folded->second.asof == block_seq &&
                      block::encode_message(folded->second.value) == values_[id].bytes;
    if (!same)
      differ("giá trị mới hơn của hồ sơ " + name_of(id) + " khác sổ cái",
             "the newer value of dossier " + name_of(id) + " differs from the ledger");
  }
  newer_.erase(first, last);
}

void ProjectionCheck::finish(bool has_blocks, const DifferenceSink& differ) {
  if (!meta_) {
    if (has_blocks || !values_.empty())
      differ("chỉ mục không có phân vùng này", "the projection holds nothing of this partition");
    return;
  }
  if (!compared_)
    differ("chưa so được chỉ mục: mốc nằm ngoài sổ",
           "the projection was not compared: its watermark lies outside of the ledger");
  for (const auto& [asof, id] : newer_) {
    differ("giá trị hồ sơ " + name_of(id) + " thuộc khối chưa có trong sổ",
           "the value of dossier " + name_of(id) + " is of a block the ledger does not have");
  }
}

}  // namespace lienthong::ltctl
