#include "tools/ltctl/decision_check.h"

#include "platform/base/overloaded.h"

#include <utility>

namespace lienthong::ltctl {
namespace {

namespace v1 = ledger::v1;

/// What the lane says of an input that ended its process three times; the decision was not left to the service.
constexpr std::string_view kPoison = "CRASHED";
constexpr std::string_view kClockUntrusted = "CLOCK_UNTRUSTED";

bool parse(std::string_view bytes, v1::Leaf& out) {
  return out.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));
}

/// The cause as it stood before it was decided whether an input is taken, queued or parked.
v1::Cause undecided(const v1::Cause& recorded) {
  v1::Cause cause;
  if (recorded.has_park()) {
    *cause.mutable_input()->mutable_ref() = recorded.park().ref();
  } else if (recorded.has_queued()) {
    *cause.mutable_input()->mutable_ref() = recorded.queued().ref();
  } else if (recorded.has_drain()) {
    *cause.mutable_drain()->mutable_ref() = recorded.drain().ref();
  } else {
    cause = recorded;
  }
  return cause;
}

std::string_view park_reason(const v1::Cause& cause) {
  if (cause.has_park()) return cause.park().reason();
  if (cause.has_drain()) return cause.drain().park_reason();
  return {};
}

template <class Field>
bool same(const Field& a, const Field& b) {
  if (a.size() != b.size()) return false;
  for (int i = 0; i < a.size(); ++i) {
    if (block::encode_message(a[i]) != block::encode_message(b[i])) return false;
  }
  return true;
}

std::string changed_part(const v1::Leaf& recorded, const v1::Leaf& again) {
  if (block::encode_message(recorded.cause()) != block::encode_message(again.cause())) return "cause";
  if (!same(recorded.events(), again.events())) return "events";
  if (!same(recorded.timers(), again.timers())) return "timers";
  if (!same(recorded.intents(), again.intents())) return "intents";
  if (recorded.dossier_seq() != again.dossier_seq()) return "dossier_seq";
  if (recorded.dossier_prev() != again.dossier_prev()) return "dossier_prev";
  return "encoding";
}

std::optional<Finding> check_request(const v1::DossierValue& value, const v1::Cause::Command& command) {
  const auto request = RequestId::from(command.request_id());
  if (!request) return Finding{"mã yêu cầu sai dạng", "the request id is malformed"};
  if (ledger::find_request(value, *request))
    return Finding{"mã yêu cầu có hiệu lực hai lần", "a request id takes effect twice"};
  if (command.issued_at() != 0 && command.issued_at() <= value.request_floor()) {
    return Finding{"yêu cầu cũ hơn ngưỡng của hồ sơ", "the request is older than the dossier's floor"};
  }
  return std::nullopt;
}

}  // namespace

std::optional<Finding> DecisionCheck::fetch_drained(const v1::SourceRef& ref, v1::Leaf& out) {
  auto& block = drained_[{ref.ledger(), ref.offset()}];
  if (!block) {
    auto read = reader_.read({ref.ledger(), partition_}, ref.offset());
    if (!read) return Finding{read.error().message_vi, read.error().message_en};
    block = *std::move(read);
  }
  const bool there = block && block->readable() && block->hash().view() == ref.hash() && ref.index() < block->leaf_count() &&
                     parse(block->leaf_bytes(ref.index()), out);
  if (there) return std::nullopt;
  return Finding{"quyết định nguồn đã xếp hàng không còn ở chỗ cũ", "the queued source decision is not where it was"};
}

std::optional<Finding> DecisionCheck::compare(const v1::DossierValue& value, const v1::Leaf& leaf, std::string_view bytes,
                                              const std::optional<SourceDecision>& source, ledger::NumberScratch& numbers) {
  ledger::DecisionArguments arguments;
  arguments.ledger_id = block_.ledger_id;
  arguments.decided_at = block_.decided_at;
  arguments.rules = block_.rules;
  const auto dossier = DossierId::from(leaf.dossier_id());
  const auto salt = Salt::from(leaf.salt());
  if (!dossier || !salt) return Finding{"mã hồ sơ hoặc muối sai dạng", "dossier id or salt is malformed"};
  arguments.dossier = *dossier;
  arguments.salt = *salt;
  arguments.cause = undecided(leaf.cause());
  arguments.sealed.assign(leaf.sealed().begin(), leaf.sealed().end());
  arguments.traceparent = leaf.traceparent();
  arguments.may_open_numbers = park_reason(leaf.cause()) != kClockUntrusted;
  if (park_reason(leaf.cause()) == kPoison) arguments.poison = kPoison;

  v1::Leaf from;
  if (arguments.cause.has_input()) {
    if (!source) return Finding{"không có quyết định nguồn để quyết định lại", "there is no source decision to decide from"};
    if (parse(source->block->leaf_bytes(source->index), from)) arguments.source = &from;
    if (from.dossier_id() != leaf.dossier_id())
      return Finding{"lấy quyết định của hồ sơ khác", "it takes a decision on another dossier"};
  } else if (arguments.cause.has_drain()) {
    if (auto missing = fetch_drained(arguments.cause.drain().ref(), from)) return missing;
    arguments.source = &from;
  } else if (arguments.cause.has_command()) {
    if (auto wrong = check_request(value, arguments.cause.command())) return wrong;
  }

  const auto result = ledger::decide_leaf(machine_, value, std::move(arguments), numbers);
  return std::visit(
      Overloaded{
          [](const ledger::Dropped&) -> std::optional<Finding> {
            return Finding{"quyết định lại thì nguyên nhân không còn hiệu lực", "decided again, its cause has no object"};
          },
          [](const Error& error) -> std::optional<Finding> {
            return Finding{"quyết định lại thì bị từ chối: " + error.reason,
                           "decided again, it is refused: " + error.reason};
          },
          [&](const v1::Leaf& again) -> std::optional<Finding> {
            if (block::encode_message(again) == bytes) return std::nullopt;
            const std::string part = changed_part(leaf, again);
            return Finding{"quyết định lại thì khác ở " + part, "decided again, it differs in " + part};
          }},
      result);
}

}  // namespace lienthong::ltctl
