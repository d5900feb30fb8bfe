#include "catalogue/core/release.h"

#include "platform/base/overloaded.h"

#include <algorithm>

namespace lienthong::catalogue {
namespace {

Decision<Event> refuse(std::string reason, std::string vi, std::string en) {
  Decision<Event> decision;
  decision.refusal = Error{ErrorCode::kInvalidArgument, std::move(reason), std::move(vi), std::move(en)};
  return decision;
}

Decision<Event> wrong_entry() {
  return refuse("CATALOGUE_ENTRY_MISMATCH", "Lệnh gửi tới sai mục của sổ danh mục; hãy gửi qua dịch vụ danh mục.",
                "The command was sent to another entry of the catalogue's ledger; send it through the catalogue service.");
}

Decision<Event> decide_on(Context& context, const State& state, const DraftPart& command) {
  if (context.dossier() != command.entry) return wrong_entry();
  if (command.contents.empty() || command.contents.size() > kPartBytesMax) {
    return refuse("CATALOGUE_PART_SIZE", "Phần danh mục phải có từ 1 byte đến 48 KiB; hãy chia nhỏ hơn.",
                  "A part of the catalogue has 1 byte to 48 KiB; split it into smaller ones.");
  }
  if (std::holds_alternative<Part>(state)) return {};
  return {.events = {PartDrafted{command.hash, command.contents}}};
}

Decision<Event> decide_on(Context& context, const State& state, const ReleaseCatalogue& command) {
  if (context.dossier() != command.entry) return wrong_entry();
  if (command.parts.empty() || command.parts.size() > kPartsMax) {
    return refuse("CATALOGUE_PARTS", "Danh mục phải gồm từ 1 đến 1024 phần.", "A catalogue has 1 to 1024 parts.");
  }
  auto sorted = command.parts;
  std::sort(sorted.begin(), sorted.end());
  if (std::adjacent_find(sorted.begin(), sorted.end()) != sorted.end()) {
    return refuse("CATALOGUE_PARTS", "Một phần danh mục được nêu hai lần; hãy nêu mỗi phần một lần.",
                  "A part is named twice; name each part once.");
  }
  const auto* in_force = std::get_if<Release>(&state);
  if (in_force != nullptr && in_force->hash == command.hash) return {};
  const std::uint64_t version = in_force == nullptr ? 1 : in_force->version + 1;
  return {.events = {CatalogueReleased{version, command.hash, command.parts}}};
}

}  // namespace

Decision<Event> Decider::decide(Context& context, const RulesType* /*rules*/, const State& state, const Cause& cause) {
  return std::visit([&](const auto& command) { return decide_on(context, state, command); }, cause);
}

void Decider::evolve(State& state, const Event& event) {
  std::visit(
      Overloaded{[&](const PartDrafted& drafted) { state = Part{drafted.hash}; },
                 [&](const CatalogueReleased& released) {
                   state = Release{released.version, released.hash, static_cast<std::uint32_t>(released.parts.size())};
                 }},
      event);
}

IndexEntries Decider::index_entries(const State& /*state*/) { return {}; }

}  // namespace lienthong::catalogue
