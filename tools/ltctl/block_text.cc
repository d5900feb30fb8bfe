#include "tools/ltctl/block_text.h"

#include "platform/base/encoding.h"
#include "tools/ltctl/text.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/dynamic_message.h>
#include <google/protobuf/util/json_util.h>

#include <cctype>
#include <memory>
#include <string_view>

namespace lienthong::ltctl {
namespace {

namespace v1 = block::v1;
namespace pb = google::protobuf;

/// Longer payloads are shown as their size.
constexpr std::size_t kPayloadShownMax = 4096;

std::string package_of(const LedgerName& ledger) {
  if (ledger == "postal-dispatch") return "lienthong.postal.v1";
  return ledger == "agency-processing" ? "lienthong.agency.v1" : "lienthong." + ledger + ".v1";
}

/// `EVENT_TYPE_DOSSIER_ACCEPTED` -> `DossierAccepted`; empty for a number without a name.
std::string type_name(const LedgerName& ledger, const std::string& enumeration, std::string_view prefix,
                      std::uint32_t number) {
  const auto* type = pb::DescriptorPool::generated_pool()->FindEnumTypeByName(package_of(ledger) + "." + enumeration);
  const auto* value = type == nullptr ? nullptr : type->FindValueByNumber(static_cast<int>(number));
  if (value == nullptr || value->name().rfind(prefix, 0) != 0) return {};
  std::string out;
  bool upper = true;
  for (const char c : value->name().substr(prefix.size())) {
    if (c == '_') {
      upper = true;
      continue;
    }
    out += upper ? c : static_cast<char>(std::tolower(static_cast<unsigned char>(c)));
    upper = false;
  }
  return out;
}

std::string command_name(const LedgerName& ledger, std::uint32_t type) {
  std::string name = type_name(ledger, "CommandType", "COMMAND_TYPE_", type);
  return name.empty() ? std::to_string(type) : name;
}

nlohmann::json payload_json(const std::string& message, const std::string& bytes) {
  const auto* type = pb::DescriptorPool::generated_pool()->FindMessageTypeByName(message);
  if (bytes.size() > kPayloadShownMax) return {{"bytes", bytes.size()}};
  if (type != nullptr) {
    const auto* prototype = pb::MessageFactory::generated_factory()->GetPrototype(type);
    const std::unique_ptr<pb::Message> read(prototype->New());
    std::string text;
    pb::util::JsonPrintOptions options;
    options.preserve_proto_field_names = true;
    if (read->ParseFromString(bytes) && pb::util::MessageToJsonString(*read, &text, options).ok()) {
      return nlohmann::json::parse(text, nullptr, false);
    }
  }
  return {{"hex", to_hex(bytes)}};
}

std::string ref_text(const v1::SourceRef& ref) {
  return ref.ledger() + " " + std::to_string(ref.block_seq()) + ":" + std::to_string(ref.index());
}

nlohmann::json cause_json(const LedgerName& ledger, const v1::Cause& cause) {
  nlohmann::json out = {{"text", cause_text(ledger, cause)}};
  if (cause.has_command()) {
    const auto& command = cause.command();
    const std::string name = command_name(ledger, command.type());
    const bool suffixed =
        pb::DescriptorPool::generated_pool()->FindMessageTypeByName(package_of(ledger) + "." + name + "Command") != nullptr;
    out["principal"] = command.principal();
    out["actor"] = command.actor();
    out["request_id"] = to_hex(command.request_id());
    out["issued_at"] = iso_text({command.issued_at()});
    out["body"] = payload_json(package_of(ledger) + "." + name + (suffixed ? "Command" : ""), command.body());
  }
  return out;
}

nlohmann::json leaf_json(const LedgerName& ledger, const v1::Leaf& leaf) {
  nlohmann::json out = {{"dossier", to_base32(leaf.dossier_id())},
                        {"dossier_seq", leaf.dossier_seq()},
                        {"cause", cause_json(ledger, leaf.cause())}};
  out["events"] = nlohmann::json::array();
  for (const auto& event : leaf.events()) {
    const std::string name = event_name(ledger, event.type());
    out["events"].push_back({{"type", name},
                             {"occurred_at", iso_text({event.occurred_at()})},
                             {"payload", payload_json(package_of(ledger) + "." + name, event.payload())}});
  }
  for (const auto& timer : leaf.timers()) {
    out["timers"].push_back({{"id", timer.id()}, {"generation", timer.generation()}, {"due", iso_text({timer.due()})}});
  }
  for (const auto& intent : leaf.intents())
    out["intents"].push_back({{"type", intent.type()}, {"bytes", intent.payload().size()}});
  for (const auto& part : leaf.sealed()) {
    out["sealed"].push_back({{"key_ref", to_hex(part.key_ref())}, {"bytes", part.ciphertext().size()}});
  }
  if (!leaf.traceparent().empty()) out["traceparent"] = leaf.traceparent();
  return out;
}

}  // namespace

std::string event_name(const LedgerName& ledger, std::uint32_t type) {
  std::string name = type_name(ledger, "EventType", "EVENT_TYPE_", type);
  return name.empty() ? std::to_string(type) : name;
}

std::string resume_text(const v1::Cause::Resume& resume) {
  std::string out = "resume ";
  switch (resume.action()) {
    case v1::Cause::Resume::ACTION_SKIP: out += "skip "; break;
    case v1::Cause::Resume::ACTION_PROPOSE_SKIP: out += "propose-skip "; break;
    case v1::Cause::Resume::ACTION_RETRY: out += "retry "; break;
    case v1::Cause::Resume::ACTION_UNSPECIFIED:
    case v1::Cause_Resume_Action_Cause_Resume_Action_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::Cause_Resume_Action_Cause_Resume_Action_INT_MAX_SENTINEL_DO_NOT_USE_: out += "? "; break;
  }
  out += ref_text(resume.ref()) + " " + resume.reason_code() + " by";
  for (const auto& person : resume.approvers()) out += " " + person;
  return out;
}

std::string cause_text(const LedgerName& ledger, const v1::Cause& cause) {
  switch (cause.kind_case()) {
    case v1::Cause::kCommand: return "command " + command_name(ledger, cause.command().type());
    case v1::Cause::kInput: return "input " + ref_text(cause.input().ref());
    case v1::Cause::kPark: return "park " + ref_text(cause.park().ref()) + " " + cause.park().reason();
    case v1::Cause::kQueued: return "queued " + ref_text(cause.queued().ref());
    case v1::Cause::kDrain:
      return "drain " + ref_text(cause.drain().ref()) +
             (cause.drain().park_reason().empty() ? "" : " " + cause.drain().park_reason());
    case v1::Cause::kResume: return resume_text(cause.resume());
    case v1::Cause::kTimer:
      return "timer " + std::to_string(cause.timer().id()) + " generation " + std::to_string(cause.timer().generation());
    case v1::Cause::kOutcome:
      return "outcome " + std::to_string(cause.outcome().dossier_seq()) + ":" + std::to_string(cause.outcome().index());
    case v1::Cause::kReview: return "review of catalogue " + std::to_string(cause.review().catalogue_version());
    case v1::Cause::KIND_NOT_SET: break;
  }
  return "none";
}

nlohmann::json block_json(const LedgerPartition& partition, Offset offset, const block::Block& block) {
  const auto& core = block.core();
  nlohmann::json out = {{"ledger", partition.ledger},
                        {"partition", partition.partition},
                        {"offset", offset},
                        {"block_seq", block.header().block_seq},
                        {"hash", to_hex(block.hash().view())},
                        {"prev", to_hex(block.header().prev.view())},
                        {"writer", block.header().writer},
                        {"decided_at", iso_text({core.decided_at()})},
                        {"logic", core.logic()},
                        {"bytes", block.size_bytes()}};
  if (core.has_genesis()) {
    const auto& genesis = core.genesis();
    out["genesis"] = {{"ledger_id", to_hex(genesis.ledger_id())},
                      {"topic", genesis.topic()},
                      {"partition", genesis.partition()},
                      {"partition_count", genesis.partition_count()},
                      {"partition_function", genesis.partition_function()},
                      {"replication_factor", genesis.replication_factor()},
                      {"min_insync_replicas", genesis.min_insync_replicas()},
                      {"cluster_id", genesis.cluster_id()}};
  }
  for (const auto& input : core.inputs()) {
    out["inputs"].push_back({{"ledger", input.ledger()},
                             {"block_seq", input.block_seq()},
                             {"index", input.index()},
                             {"offset", input.offset()}});
  }
  for (const auto& counter : core.counters()) out["counters"][counter.key()] = counter.value();
  out["leaves"] = nlohmann::json::array();
  for (std::size_t i = 0; i < block.leaf_count(); ++i) {
    v1::Leaf leaf;
    const auto bytes = block.leaf_bytes(i);
    if (leaf.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()))) {
      out["leaves"].push_back(leaf_json(partition.ledger, leaf));
    } else {
      out["leaves"].push_back({{"unreadable_bytes", bytes.size()}});
    }
  }
  return out;
}

}  // namespace lienthong::ltctl
