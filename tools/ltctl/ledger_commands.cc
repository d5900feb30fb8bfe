#include "tools/ltctl/ledger_commands.h"

#include "platform/base/encoding.h"
#include "tools/ltctl/block_text.h"
#include "tools/ltctl/ledger_genesis.h"
#include "tools/ltctl/ledger_ports.h"
#include "tools/ltctl/ledger_verify.h"

#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstdio>
#include <memory>
#include <utility>

namespace lienthong::ltctl {
namespace {

using Align = Table::Align;

constexpr std::size_t kShortHash = 16;

struct DumpOptions {
  std::string ledger = "intake";
  std::uint32_t partition = 0;
  Offset from = 0;
  Offset limit = 20;
};

struct Opened {
  std::unique_ptr<ports::LogBackend> log;
  std::unique_ptr<LedgerReader> reader;
};

std::optional<Opened> open(Session& session) {
  auto log = open_log(session.settings);
  if (!log) {
    session.fail(log.error());
    return std::nullopt;
  }
  Opened opened{*std::move(log), nullptr};
  opened.reader = std::make_unique<LedgerReader>(*opened.log);
  return opened;
}

/// Folds what stands behind the projection's watermark, or everything where there is none.
Result<ledger::PartitionState> head_of(LedgerReader& reader, const LedgerPartition& partition, Offset end,
                                       const std::optional<ports::v1::PartitionMeta>& meta) {
  const auto genesis = reader.read(partition, 0);
  if (!genesis) return failure(genesis.error());
  if (!*genesis) return malformed("block 0");
  auto state = ledger::PartitionState::from_genesis(partition, **genesis);
  if (!state) return state;
  Offset at = 1;
  if (meta && meta->watermark() > 0 && meta->watermark() <= end) {
    auto known = ledger::PartitionState::from_meta(*meta);
    if (known && known->genesis_hash == state->genesis_hash) {
      state = std::move(known);
      at = meta->watermark();
    }
  }
  LedgerReader::Stream stream(reader, partition, at);
  for (; at < end; ++at) {
    auto record = stream.next();
    if (!record) return failure(record.error());
    if (ledger::classify(state->head, record->block.get()) == ledger::BlockClass::kEffective) state->apply(*record->block);
  }
  return state;
}

void head(Session& session) {
  auto opened = open(session);
  if (!opened) return;
  auto query = open_projection(session.settings);
  const bool vi = session.language == Language::kVietnamese;
  Table table({vi ? "SỔ CÁI" : "LEDGER", "P", vi ? "CUỐI" : "END", vi ? "KHỐI ĐẦU" : "HEAD", vi ? "MÃ BĂM" : "HASH",
               vi ? "QUYẾT ĐỊNH LÚC" : "DECIDED AT", vi ? "MỐC CHỈ MỤC" : "WATERMARK"},
              {Align::kLeft, Align::kRight, Align::kRight, Align::kRight, Align::kLeft, Align::kLeft, Align::kRight});
  nlohmann::json document = nlohmann::json::array();
  for (const auto& ledger : all_ledgers()) {
    const auto count = partition_count(*opened->reader, ledger);
    if (!count) return session.fail(count.error());
    for (std::uint32_t p = 0; p < *count; ++p) {
      const LedgerPartition partition{ledger, p};
      const auto end = opened->reader->end(partition);
      if (!end) return session.fail(end.error());
      auto meta = query ? (*query)->meta(partition) : Result<std::optional<ports::v1::PartitionMeta>>(std::nullopt);
      const auto known = meta ? *meta : std::nullopt;
      const auto state = head_of(*opened->reader, partition, *end, known);
      if (!state) return session.fail(state.error());
      const std::string hash = to_hex(state->head.hash.view());
      table.row({ledger, std::to_string(p), std::to_string(*end), std::to_string(state->head.block_seq),
                 hash.substr(0, kShortHash), local_text(state->decided_at),
                 known ? std::to_string(known->watermark()) : "-"});
      document.push_back({{"ledger", ledger},
                          {"partition", p},
                          {"end", *end},
                          {"head_seq", state->head.block_seq},
                          {"head_hash", hash},
                          {"decided_at", iso_text(state->decided_at)}});
      if (known) document.back()["watermark"] = known->watermark();
    }
  }
  session.show(table, document);
}

void add_rows(Table& table, const LedgerPartition& partition, Offset offset, const block::Block& block) {
  const std::string seq = std::to_string(block.header().block_seq);
  const std::string time = local_text({block.core().decided_at()});
  if (block.leaf_count() == 0) {
    table.row({std::to_string(offset), seq, time, "-", block.core().has_genesis() ? "genesis" : "", ""});
    return;
  }
  for (std::size_t i = 0; i < block.leaf_count(); ++i) {
    block::v1::Leaf leaf;
    const auto bytes = block.leaf_bytes(i);
    if (!leaf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) continue;
    std::string events;
    for (const auto& event : leaf.events())
      events += (events.empty() ? "" : ", ") + event_name(partition.ledger, event.type());
    table.row({std::to_string(offset), seq + ":" + std::to_string(i), time,
               to_base32(leaf.dossier_id()) + " #" + std::to_string(leaf.dossier_seq()),
               cause_text(partition.ledger, leaf.cause()), events});
  }
}

void dump(Session& session, const DumpOptions& options) {
  auto opened = open(session);
  if (!opened) return;
  const LedgerPartition partition{options.ledger, options.partition};
  const auto end = opened->reader->end(partition);
  if (!end) return session.fail(end.error());
  const bool vi = session.language == Language::kVietnamese;
  Table table({"OFFSET", vi ? "KHỐI" : "BLOCK", vi ? "LÚC" : "TIME", vi ? "HỒ SƠ" : "DOSSIER", vi ? "NGUYÊN NHÂN" : "CAUSE",
               vi ? "SỰ KIỆN" : "EVENTS"},
              {Align::kRight, Align::kRight});
  nlohmann::json document = nlohmann::json::array();
  const Offset from = options.from < 0 ? std::max<Offset>(0, *end + options.from) : options.from;
  const Offset until = std::min(*end, from + options.limit);
  if (from < until) {
    LedgerReader::Stream stream(*opened->reader, partition, from);
    for (Offset at = from; at < until; ++at) {
      auto record = stream.next();
      if (!record) return session.fail(record.error());
      if (!record->block || !record->block->readable()) {
        table.row({std::to_string(at), "?", "", "", vi ? "không đọc được" : "can't be read", ""});
        document.push_back({{"offset", at}, {"unreadable", true}});
        continue;
      }
      add_rows(table, partition, at, *record->block);
      document.push_back(block_json(partition, at, *record->block));
    }
  }
  session.show(table, document);
}

nlohmann::json report_json(const PartitionReport& report) {
  nlohmann::json out = {{"ledger", report.partition.ledger},
                        {"partition", report.partition.partition},
                        {"records", report.records},
                        {"effective", report.effective},
                        {"void", report.voided},
                        {"ignored", report.ignored},
                        {"decisions", report.decisions},
                        {"decided_again", report.decided_again},
                        {"folded_only", report.folded_only},
                        {"inputs", report.inputs},
                        {"waiting", report.waiting},
                        {"dossiers", report.dossiers},
                        {"head_seq", report.head_seq},
                        {"difference_count", report.difference_count}};
  if (report.state_hash) out["state_hash"] = to_hex(report.state_hash->view());
  if (report.projection) {
    out["projection"] = {{"watermark", report.projection->watermark},
                         {"values", report.projection->values},
                         {"entries", report.projection->entries},
                         {"newer", report.projection->newer}};
  }
  for (const auto& difference : report.differences) {
    out["differences"].push_back(
        {{"offset", difference.offset}, {"block_seq", difference.block_seq}, {"what", difference.what_en}});
  }
  return out;
}

class Verification {
 public:
  Verification(Session& session, bool projection) : session_(session), with_projection_(projection) {
    const bool vi = session.language == Language::kVietnamese;
    std::vector<std::string> head = {vi ? "SỔ CÁI" : "LEDGER",        "P",
                                     vi ? "KHỐI" : "BLOCKS",          vi ? "VÔ HIỆU" : "VOID",
                                     vi ? "QUYẾT ĐỊNH" : "DECISIONS", vi ? "QUYẾT LẠI" : "AGAIN",
                                     vi ? "ĐẦU VÀO" : "INPUTS",       vi ? "CHỜ" : "WAITING",
                                     vi ? "HỒ SƠ" : "DOSSIERS"};
    std::vector<Align> align(head.size(), Align::kRight);
    align[0] = Align::kLeft;
    if (projection) {
      const std::array<Text, 4> names = {
          {{"MỐC", "WATERMARK"}, {"GIÁ TRỊ", "VALUES"}, {"MỤC", "ENTRIES"}, {"MỚI HƠN", "NEWER"}}};
      for (const auto& name : names) {
        head.push_back(session.say(name));
        align.push_back(Align::kRight);
      }
    }
    head.emplace_back(vi ? "KHÁC" : "DIFFERENT");
    align.push_back(Align::kRight);
    head.emplace_back(vi ? "MÃ BĂM TRẠNG THÁI" : "STATE HASH");
    table_.emplace(std::move(head), std::move(align));
  }

  void run() {
    auto opened = open(session_);
    if (!opened) return;
    std::unique_ptr<ports::Query> query;
    if (with_projection_) {
      auto found = open_projection(session_.settings);
      if (!found) return session_.fail(found.error());
      query = *std::move(found);
    }
    auto rules = read_catalogue_ledger(*opened->reader);
    if (!rules) return session_.fail(rules.error());
    VerifyOptions options{query.get(), 20, progress()};
    for (const auto& machine : all_machines()) {
      const auto count = partition_count(*opened->reader, machine->name());
      if (!count) return session_.fail(count.error());
      const ServiceUnderCheck service{*machine, machine->name() == kCatalogueLedger ? nullptr : rules->get()};
      for (std::uint32_t p = 0; p < *count; ++p)
        add(verify_partition(*opened->reader, service, {machine->name(), p}, options));
    }
    finish();
  }

 private:
  std::function<void(const LedgerPartition&, Offset, Offset)> progress() const {
    if (isatty(fileno(stderr)) == 0) return {};
    return [](const LedgerPartition& partition, Offset at, Offset end) {
      std::fprintf(stderr, "\r\033[K%s/%u  %lld/%lld", partition.ledger.c_str(), partition.partition,
                   static_cast<long long>(at), static_cast<long long>(end));
      if (at + 1 == end) std::fprintf(stderr, "\r\033[K");
    };
  }

  void add(const PartitionReport& report) {
    std::vector<std::string> cells = {report.partition.ledger,          std::to_string(report.partition.partition),
                                      std::to_string(report.effective), std::to_string(report.voided),
                                      std::to_string(report.decisions), std::to_string(report.decided_again),
                                      std::to_string(report.inputs),    std::to_string(report.waiting),
                                      std::to_string(report.dossiers)};
    if (with_projection_) {
      const ProjectionReport none;
      const auto& projection = report.projection ? *report.projection : none;
      for (const auto number :
           {static_cast<std::uint64_t>(projection.watermark), projection.values, projection.entries, projection.newer}) {
        cells.push_back(std::to_string(number));
      }
    }
    cells.push_back(std::to_string(report.difference_count));
    cells.push_back(report.state_hash ? to_hex(report.state_hash->view()) : "-");
    table_->row(std::move(cells));
    document_.push_back(report_json(report));
    differences_ += report.difference_count;
    decisions_ += report.decisions;
    decided_again_ += report.decided_again;
    for (const auto& difference : report.differences) {
      if (shown_.size() >= 20) break;
      const std::string where = report.partition.ledger + "/" + std::to_string(report.partition.partition) +
                                (difference.offset < 0 ? "" : " offset " + std::to_string(difference.offset)) +
                                (difference.block_seq == 0 ? "" : " block " + std::to_string(difference.block_seq));
      shown_.push_back({where + ": " + difference.what_vi, where + ": " + difference.what_en});
    }
  }

  void finish() {
    session_.show(*table_, {{"ledgers", document_},
                            {"decisions", decisions_},
                            {"decided_again", decided_again_},
                            {"differences", differences_}});
    if (differences_ > 0) session_.exit = Exit::kFailed;
    if (session_.json()) return;
    for (const auto& text : shown_) session_.line({"khác biệt: " + text.vi, "difference: " + text.en});
    session_.line({grouped(decisions_, Language::kVietnamese) + " quyết định, " +
                       grouped(decided_again_, Language::kVietnamese) + " quyết định lại giống hệt, " +
                       grouped(differences_, Language::kVietnamese) + " khác biệt",
                   grouped(decisions_, Language::kEnglish) + " decisions, " + grouped(decided_again_, Language::kEnglish) +
                       " decided again with the same bytes, " + grouped(differences_, Language::kEnglish) + " differences"});
  }

  Session& session_;
  bool with_projection_;
  std::optional<Table> table_;
  nlohmann::json document_ = nlohmann::json::array();
  std::vector<Text> shown_;
  std::uint64_t differences_ = 0;
  std::uint64_t decisions_ = 0;
  std::uint64_t decided_again_ = 0;
};

}  // namespace

void add_ledger_commands(CLI::App& root, Session& session) {
  auto* ledger = root.add_subcommand("ledger", "Sổ cái · the ledgers themselves")->require_subcommand(1);
  add_genesis_command(*ledger, session);
  add_kafka_ready_command(root, session);
  ledger->add_subcommand("head", "Đầu của từng phân vùng · head of every partition")->callback([&session] {
    head(session);
  });

  auto options = std::make_shared<DumpOptions>();
  auto* dumped = ledger->add_subcommand("dump", "Khối và quyết định · blocks and decisions");
  dumped
      ->add_option("ledger", options->ledger, "intake, routing, agency-processing, notification, postal-dispatch, catalogue")
      ->check(CLI::IsMember(all_ledgers()))
      ->capture_default_str();
  dumped->add_option("-p,--partition", options->partition, "phân vùng · partition")->capture_default_str();
  dumped->add_option("--from", options->from, "offset đầu, số âm tính từ cuối · first offset, negative: from the end")
      ->capture_default_str();
  dumped->add_option("--limit", options->limit, "số bản ghi · records")->capture_default_str();
  dumped->callback([&session, options] { dump(session, *options); });

  auto projection = std::make_shared<bool>(false);
  auto* verified =
      ledger->add_subcommand("verify", "Quyết định lại toàn bộ từ sổ cái · decide everything again from the ledgers");
  verified->add_flag("--projection", *projection, "so cả chỉ mục và in mã băm trạng thái · compare the projection too");
  verified->callback([&session, projection] { Verification(session, *projection).run(); });
}

}  // namespace lienthong::ltctl
