#include "catalogue/adapters/release_codec.h"

#include "catalogue/adapters/parts.h"
#include "lienthong/catalogue/v1/commands.pb.h"
#include "lienthong/catalogue/v1/events.pb.h"
#include "lienthong/catalogue/v1/messages.pb.h"
#include "platform/base/overloaded.h"
#include "platform/block/block.h"
#include "platform/ledger/decider_machine.h"

namespace lienthong::catalogue {
namespace {

static_assert(kDraftPartCommand == v1::COMMAND_TYPE_DRAFT_PART);
static_assert(kReleaseCatalogueCommand == v1::COMMAND_TYPE_RELEASE_CATALOGUE);

template <class List>
Result<std::vector<Hash>> decode_hashes(const List& wire) {
  std::vector<Hash> out;
  for (const auto& bytes : wire) {
    const auto hash = Hash::from(bytes);
    if (!hash) return failure(hash.error());
    out.push_back(*hash);
  }
  return out;
}

Result<Cause> decode_command(const ledger::CommandCause& command) {
  if (command.type == kDraftPartCommand) {
    v1::DraftPart wire;
    if (!wire.ParseFromArray(command.body.data(), static_cast<int>(command.body.size()))) return malformed("DraftPart");
    const Hash hash = part_hash(wire.contents());
    v1::CatalogueContents contents;
    if (!contents.ParseFromString(wire.contents())) return malformed("a part of the catalogue");
    return DraftPart{part_entry(hash), hash, wire.contents()};
  }
  if (command.type == kReleaseCatalogueCommand) {
    v1::ReleaseCatalogue wire;
    if (!wire.ParseFromArray(command.body.data(), static_cast<int>(command.body.size())))
      return malformed("ReleaseCatalogue");
    auto parts = decode_hashes(wire.part_hashes());
    if (!parts) return failure(parts.error());
    const Hash hash = catalogue_hash(*parts);
    return ReleaseCatalogue{catalogue_entry(), hash, *std::move(parts)};
  }
  return malformed("unknown command of the catalogue: " + std::to_string(command.type));
}

}  // namespace

void ReleaseCodec::encode_event(const Event& event, ::lienthong::ledger::v1::Event& wire) {
  std::visit(Overloaded{[&](const CatalogueReleased& released) {
                          v1::CatalogueReleased message;
                          message.set_version(released.version);
                          message.set_hash(std::string(released.hash.view()));
                          for (const auto& part : released.parts) message.add_part_hashes(std::string(part.view()));
                          wire.set_type(v1::EVENT_TYPE_CATALOGUE_RELEASED);
                          wire.set_payload(block::encode_message(message));
                        },
                        [&](const PartDrafted& drafted) {
                          v1::PartDrafted message;
                          message.set_hash(std::string(drafted.hash.view()));
                          message.set_contents(drafted.contents);
                          wire.set_type(v1::EVENT_TYPE_PART_DRAFTED);
                          wire.set_payload(block::encode_message(message));
                        }},
             event);
}

Result<Event> ReleaseCodec::decode_event(const ::lienthong::ledger::v1::Event& wire) {
  switch (wire.type()) {
    case v1::EVENT_TYPE_CATALOGUE_RELEASED: {
      v1::CatalogueReleased message;
      if (!message.ParseFromString(wire.payload())) return malformed("CatalogueReleased");
      const auto hash = Hash::from(message.hash());
      if (!hash) return failure(hash.error());
      auto parts = decode_hashes(message.part_hashes());
      if (!parts) return failure(parts.error());
      return CatalogueReleased{message.version(), *hash, *std::move(parts)};
    }
    case v1::EVENT_TYPE_PART_DRAFTED: {
      v1::PartDrafted message;
      if (!message.ParseFromString(wire.payload())) return malformed("PartDrafted");
      const auto hash = Hash::from(message.hash());
      if (!hash) return failure(hash.error());
      return PartDrafted{*hash, message.contents()};
    }
    default: return malformed("unknown event of the catalogue: " + std::to_string(wire.type()));
  }
}

std::string ReleaseCodec::encode_state(const State& state) {
  v1::State wire;
  std::visit(Overloaded{[](const NothingYet&) {},
                        [&](const Part& part) { wire.mutable_part()->set_hash(std::string(part.hash.view())); },
                        [&](const Release& release) {
                          auto* message = wire.mutable_release();
                          message->set_version(release.version);
                          message->set_hash(std::string(release.hash.view()));
                          message->set_part_count(release.part_count);
                        }},
             state);
  return block::encode_message(wire);
}

Result<State> ReleaseCodec::decode_state(std::string_view bytes) {
  v1::State wire;
  if (!wire.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) return malformed("catalogue state");
  switch (wire.kind_case()) {
    case v1::State::kPart: {
      const auto hash = Hash::from(wire.part().hash());
      if (!hash) return failure(hash.error());
      return Part{*hash};
    }
    case v1::State::kRelease: {
      const auto hash = Hash::from(wire.release().hash());
      if (!hash) return failure(hash.error());
      return Release{wire.release().version(), *hash, wire.release().part_count()};
    }
    case v1::State::KIND_NOT_SET: return NothingYet{};
  }
  return malformed("catalogue state");
}

Result<Cause> ReleaseCodec::decode_cause(const ledger::CauseView& view) {
  if (const auto* command = std::get_if<ledger::CommandCause>(&view)) return decode_command(*command);
  return malformed("the catalogue takes commands only");
}

std::string encode_draft_part(std::string_view contents) {
  v1::DraftPart wire;
  wire.set_contents(std::string(contents));
  return block::encode_message(wire);
}

std::string encode_release(const std::vector<Hash>& parts) {
  v1::ReleaseCatalogue wire;
  for (const auto& part : parts) wire.add_part_hashes(std::string(part.view()));
  return block::encode_message(wire);
}

std::unique_ptr<ledger::Machine> make_catalogue_machine() {
  return std::make_unique<ledger::DeciderMachine<Decider, ReleaseCodec>>("catalogue",
                                                                         std::vector<std::pair<LedgerName, EventMask>>{});
}

}  // namespace lienthong::catalogue
