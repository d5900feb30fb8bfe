#pragma once

#include "postal_dispatch/core/decider.h"
#include "postal_dispatch/core/not_found.h"
#include "postal_dispatch/core/telling.h"
#include "shared_kernel/draft.h"

#include <string>
#include <utility>
#include <vector>

/// Inside of the decider only.
namespace lienthong::postal_dispatch {

using shared_kernel::Action;
using shared_kernel::Catalogue;

inline Decision<Event> refused(Error error) { return shared_kernel::refuse<Event>(std::move(error)); }
inline Error precondition(std::string reason, std::string vi, std::string en) {
  return {ErrorCode::kFailedPrecondition, std::move(reason), std::move(vi), std::move(en)};
}

/// A decision in the making, with its timers and intents.
class PostDraft {
 public:
  PostDraft(const Context& context, const Catalogue* rules, const State& before)
      : context_(context), rules_(rules), draft_(before) {}

  const Context& context() const { return context_; }
  const Catalogue* rules() const { return rules_; }
  Instant now() const { return context_.decided_at(); }
  const State& state() const { return draft_.state(); }

  template <class Body>
  void record(Instant at, Body body) {
    draft_.record(at, std::move(body));
  }
  void arm(TimerId id, Instant due) { timers_.push_back(ArmTimer{id, due}); }
  void clear(TimerId id) { timers_.push_back(ClearTimer{id}); }
  void intend(IntentType type, std::string payload) {
    intents_.push_back({static_cast<std::uint32_t>(type), std::move(payload)});
  }
  void tell(const Telling& telling) { intend(IntentType::kTell, encode(telling)); }

  Decision<Event> finish() && {
    auto decision = std::move(draft_).finish();
    decision.timers = std::move(timers_);
    decision.intents = std::move(intents_);
    return decision;
  }

 private:
  const Context& context_;
  const Catalogue* rules_;
  shared_kernel::Draft<Decider> draft_;
  std::vector<TimerChange> timers_;
  std::vector<Intent> intents_;
};

/// Null when the entity has no such shipment, or is none that has shipments.
const Shipment* find_shipment(const State& state, std::uint32_t number);

/// True when the principal may do this for the agency; procedures do not matter to the post.
bool may(const Catalogue& rules, const CommandHeader& header, Action action, const std::string& agency);
/// The agency of the entity's desk. Errors: kInvalidArgument HOME_KEY_UNKNOWN.
Result<std::string> agency_of(const Catalogue& rules, const HomeKey& home);
/// The agency that sends bags under this key: that of a desk, or an agency without one under its own code.
/// Errors: kInvalidArgument HOME_KEY_UNKNOWN.
Result<std::string> sender_of(const Catalogue& rules, const HomeKey& key);
/// A number out of the range, counted per home. Errors: kFailedPrecondition NUMBER_RANGE_MISSING, NUMBER_RANGE_EXHAUSTED,
/// kInvalidArgument.
Result<std::string> next_item(Context& context, const HomeKey& home, const std::string& carrier, const NumberRange& range);

/// Records an entry with everything that follows from it: the change of state, the alarm, the cash.
void take_entry(PostDraft& draft, std::uint32_t number, Entry entry);
/// Sets the alarm of a shipment for the next time nothing is heard of it.
void watch(PostDraft& draft, std::uint32_t number);

/// Makes the shipment an applicant asked for and orders it with the carrier; one that is there already and open will do.
Result<void> take_request(PostDraft& draft, const PostRequested& wanted, Instant at);
/// Cancels every pick-up the post has not carried out.
void call_off_pickups(PostDraft& draft, const PickupPointless& pointless, Instant at);

Result<void> decide_order(PostDraft& draft, Context& context, const CommandHeader& header, const OrderShipment& order);
Result<void> decide_statement(PostDraft& draft, const CommandHeader& header, const StateMilestone& statement);
Result<void> decide_scan(PostDraft& draft, const CommandHeader& header, const RecordScan& record);
Result<void> decide_cancel(PostDraft& draft, const CommandHeader& header, const CancelShipment& cancel);
Result<void> decide_again(PostDraft& draft, const CommandHeader& header, const PlaceOrderAgain& again);

Result<void> decide_bag(PostDraft& draft, Context& context, const CommandHeader& header, const CreateBag& create);
Result<void> decide_seal(PostDraft& draft, const CommandHeader& header, const SealBag& seal);
Result<void> decide_open(PostDraft& draft, const CommandHeader& header, const OpenBag& open);
Result<void> decide_told(PostDraft& draft, const CommandHeader& header, const TellOfBag& told);

Result<void> decide_keep(PostDraft& draft, const CommandHeader& header, const KeepScan& keep);
Result<void> decide_close(PostDraft& draft, const CommandHeader& header, const CloseScan& close);

Result<void> decide_collection(PostDraft& draft, const CommandHeader& header, const AddCollection& added);
Result<void> decide_declaration(PostDraft& draft, const CommandHeader& header, const DeclareSettlement& declared);
Result<void> decide_settled(PostDraft& draft, const CommandHeader& header, const TellOfSettlement& told);

}  // namespace lienthong::postal_dispatch
