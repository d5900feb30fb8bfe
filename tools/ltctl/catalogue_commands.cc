#include "tools/ltctl/catalogue_commands.h"

#include "catalogue/adapters/catalogue_yaml.h"
#include "catalogue/adapters/contents_codec.h"
#include "catalogue/adapters/parts.h"
#include "platform/base/encoding.h"
#include "tools/ltctl/catalogue_client.h"
#include "tools/ltctl/catalogue_release.h"
#include "tools/ltctl/rpc_calls.h"

#include <algorithm>
#include <cstdio>
#include <map>
#include <memory>
#include <set>

namespace lienthong::ltctl {
namespace {

using Align = Table::Align;
using catalogue_api::CatalogueService;

constexpr std::size_t kCodesShown = 8;

Result<std::vector<catalogue::EncodedPart>> encoded(const catalogue::Reading& reading) {
  return catalogue::split(reading.contents);
}

/// Shows all faults; false when nothing may be imported.
bool report_faults(Session& session, const catalogue::Reading& reading) {
  for (const auto& fault : reading.faults) {
    const std::string line =
        session.language == Language::kVietnamese ? catalogue::vietnamese_line(fault) : catalogue::english_line(fault);
    std::fputs((line + "\n").c_str(), stderr);
  }
  if (reading.importable()) return true;
  session.exit = Exit::kProblems;
  return false;
}

/// Entities by kind and code, each with its whole content, so that changes are seen.
using Entities = std::map<std::string, std::map<std::string, std::string>>;

Entities entities_of(const catalogue_api::CatalogueContents& contents) {
  Entities out;
  for (const auto& x : contents.areas()) out["areas"][x.code()] = x.SerializeAsString();
  for (const auto& x : contents.calendars()) out["calendars"][x.code()] = x.SerializeAsString();
  for (const auto& x : contents.agencies()) out["agencies"][x.code()] = x.SerializeAsString();
  for (const auto& x : contents.bindings()) {
    out["bindings"][x.role() + "@" + x.area() + " " + std::to_string(x.validity().from_day())] = x.SerializeAsString();
  }
  for (const auto& x : contents.procedures()) out["procedures"][x.code()] = x.SerializeAsString();
  for (const auto& x : contents.principals()) out["principals"][x.id()] = x.SerializeAsString();
  return out;
}

std::string codes(const std::vector<std::string>& all) {
  std::string out;
  for (std::size_t i = 0; i < std::min(all.size(), kCodesShown); ++i) out += (i == 0 ? "" : ", ") + all[i];
  if (all.size() > kCodesShown) out += ", … (" + std::to_string(all.size()) + ")";
  return out;
}

void show_changes(const Session& session, const catalogue_api::CatalogueContents& before,
                  const catalogue_api::CatalogueContents& after) {
  const bool vi = session.language == Language::kVietnamese;
  const auto old_entities = entities_of(before);
  auto new_entities = entities_of(after);
  for (const auto& [kind, entries] : old_entities) new_entities[kind];
  Table table({vi ? "LOẠI" : "KIND", vi ? "TRƯỚC" : "BEFORE", vi ? "SAU" : "AFTER", vi ? "THÊM" : "ADDED",
               vi ? "SỬA" : "CHANGED", vi ? "BỎ" : "REMOVED"},
              {Align::kLeft, Align::kRight, Align::kRight});
  for (const auto& [kind, entries] : new_entities) {
    static const std::map<std::string, std::string> kNothing;
    const auto found = old_entities.find(kind);
    const auto& earlier = found == old_entities.end() ? kNothing : found->second;
    std::vector<std::string> added;
    std::vector<std::string> changed;
    std::vector<std::string> removed;
    for (const auto& [code, bytes] : entries) {
      const auto known = earlier.find(code);
      if (known == earlier.end()) {
        added.push_back(code);
      } else if (known->second != bytes) {
        changed.push_back(code);
      }
    }
    for (const auto& [code, bytes] : earlier) {
      if (!entries.contains(code)) removed.push_back(code);
    }
    if (added.empty() && changed.empty() && removed.empty()) continue;
    table.row({kind, std::to_string(earlier.size()), std::to_string(entries.size()), codes(added), codes(changed),
               codes(removed)});
  }
  if (!session.json() && table.rows() > 1) std::fputs(table.text().c_str(), stdout);
}

void check(Session& session, const std::string& directory) {
  const auto reading = catalogue::read_catalogue_directory(directory);
  if (!report_faults(session, reading)) return;
  const auto parts = encoded(reading);
  if (!parts) return session.fail(parts.error());
  session.line({directory + ": danh mục dùng được, " + std::to_string(reading.faults.size()) + " cảnh báo",
                directory + ": the catalogue is usable, " + std::to_string(reading.faults.size()) + " warnings"});
}

bool same_parts(const CatalogueVersion& current, const std::vector<catalogue::EncodedPart>& parts) {
  const auto& known = current.version.part_hashes();
  return std::equal(known.begin(), known.end(), parts.begin(), parts.end(),
                    [](const std::string& hash, const catalogue::EncodedPart& part) { return hash == part.hash.view(); });
}

/// A paused intake is an operator's word and stands in no file: it stays until it is taken back.
Result<void> keep_pauses(const CatalogueVersion& current, shared_kernel::CatalogueContents& wanted) {
  auto before = catalogue::decode_contents(current.contents);
  if (!before) return failure(std::move(before.error()));
  for (auto& pause : before->intake_pauses) {
    const auto is_there = [&](const shared_kernel::Agency& agency) { return agency.code == pause.agency; };
    if (std::any_of(wanted.agencies.begin(), wanted.agencies.end(), is_there)) {
      wanted.intake_pauses.push_back(std::move(pause));
    }
  }
  return {};
}

void import(Session& session, const std::string& directory, bool dry_run) {
  auto reading = catalogue::read_catalogue_directory(directory);
  if (!report_faults(session, reading)) return;
  const auto current = fetch_catalogue(session);
  if (!current && current.error().code != ErrorCode::kNotFound) return session.fail(current.error());
  if (current) {
    if (const auto kept = keep_pauses(*current, reading.contents); !kept) return session.fail(kept.error());
  }
  const auto parts = encoded(reading);
  if (!parts) return session.fail(parts.error());
  if (current && same_parts(*current, *parts)) {
    return session.line(
        {"danh mục không đổi: phiên bản " + std::to_string(current->version.version()) + " đang có hiệu lực",
         "the catalogue is unchanged: version " + std::to_string(current->version.version()) + " is in force"});
  }
  show_changes(session, current ? current->contents : catalogue_api::CatalogueContents{},
               catalogue::encode_contents(reading.contents));
  if (dry_run) return;
  const auto done = release_catalogue(session, reading.contents, "");
  if (!done) return session.fail(done.error());
  if (session.json()) return session.show(Table({""}), {{"version", done->version()}, {"hash", to_hex(done->hash())}});
  const std::string version = std::to_string(done->version()) + " (" + to_hex(done->hash()).substr(0, 16) + ")";
  session.line({"đã ban hành danh mục phiên bản " + version, "released catalogue version " + version});
}

void show(Session& session, std::uint64_t number) {
  const auto found = fetch_catalogue(session, number);
  if (!found) return session.fail(found.error());
  if (session.json()) {
    return session.show(Table({""}), {{"version", to_json(found->version)}, {"contents", to_json(found->contents)}});
  }
  const bool vi = session.language == Language::kVietnamese;
  const auto name = [vi](const catalogue_api::Name& both) { return vi ? both.vi() : both.en(); };
  session.line({"phiên bản " + std::to_string(found->version.version()) + ", ban hành " +
                    local_text(instant_of(found->version.release_time())) + ": " + found->version.title().vi(),
                "version " + std::to_string(found->version.version()) + ", released " +
                    local_text(instant_of(found->version.release_time())) + ": " + found->version.title().en()});
  Table procedures({vi ? "THỦ TỤC" : "PROCEDURE", vi ? "CHẶNG" : "LEGS", vi ? "TÊN" : "NAME"},
                   {Align::kLeft, Align::kRight});
  for (const auto& procedure : found->contents.procedures()) {
    const int legs = procedure.versions_size() == 0 ? 0 : procedure.versions(procedure.versions_size() - 1).legs_size();
    procedures.row({procedure.code(), std::to_string(legs), name(procedure.name())});
  }
  Table agencies({vi ? "CƠ QUAN" : "AGENCY", vi ? "CẤP" : "TIER", vi ? "QUẦY" : "DESKS", vi ? "TÊN" : "NAME"},
                 {Align::kLeft, Align::kLeft, Align::kRight});
  for (const auto& agency : found->contents.agencies()) {
    agencies.row({agency.code(), agency.tier(), std::to_string(agency.desks_size()), name(agency.name())});
  }
  std::fputs(("\n" + procedures.text() + "\n" + agencies.text()).c_str(), stdout);
}

}  // namespace

void add_catalogue_commands(CLI::App& root, Session& session) {
  auto* commands =
      root.add_subcommand("catalogue",
                          "Danh mục thủ tục, cơ quan, lịch, chủ thể · procedures, agencies, calendars, principals")
          ->require_subcommand(1);
  auto directory = std::make_shared<std::string>(session.settings.catalogue_dir);
  auto dry_run = std::make_shared<bool>(false);
  auto number = std::make_shared<std::uint64_t>(0);

  auto* checked = commands->add_subcommand("check", "Kiểm tra tệp YAML, không gửi gì · check YAML files, send nothing");
  checked->add_option("directory", *directory, "thư mục · directory")->capture_default_str();
  checked->callback([&session, directory] { check(session, *directory); });

  auto* imported =
      commands->add_subcommand("import", "Kiểm tra, xem thay đổi và ban hành · check, show changes and release");
  imported->add_option("directory", *directory, "thư mục · directory")->capture_default_str();
  imported->add_flag("--dry-run", *dry_run, "chỉ xem thay đổi · show the changes only");
  imported->callback([&session, directory, dry_run] { import(session, *directory, *dry_run); });

  auto* shown = commands->add_subcommand("show", "Phiên bản đang có hiệu lực · the version in force");
  shown->add_option("--version-number", *number, "0: đang có hiệu lực · the one in force");
  shown->callback([&session, number] { show(session, *number); });
}

}  // namespace lienthong::ltctl
