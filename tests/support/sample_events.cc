#include "tests/support/sample_events.h"

#include <utility>

namespace lienthong::test_support {
namespace {

using shared_kernel::Component;
using shared_kernel::HomeKey;
using shared_kernel::LegRef;
using shared_kernel::Limit;
using shared_kernel::SealedRef;

Instant at(std::int64_t minutes) { return {1'772'413'200'000'000 + minutes * 60'000'000 + 7}; }
SealedRef sealed_with(char fill) {
  SealedRef ref{std::string(16, fill), {}};
  ref.sha256.bytes.fill(static_cast<std::uint8_t>(fill));
  return ref;
}
HomeKey home() { return *HomeKey::parse("H47.22.02/b"); }
std::vector<Component> components() {
  return {{"application-form", 1, std::string(32, '\x11'), "blob:form"}, {"id-card", 2, "", "shelf/12"}};
}
intake::Application application() {
  return {home(),
          "1.001776",
          intake::ApplicantKind::kBusiness,
          intake::Channel::kPost,
          "H47.22.02",
          "H47.22.03",
          sealed_with('a'),
          components(),
          std::nullopt};
}
routing::DossierReceived received() {
  return {home(), "000.02.22.H47-260302-0001", "1.001776", 3, "H47.22.02", at(1), at(2)};
}
std::vector<routing::PlannedLeg> plan() {
  return {{1, "review", {}, Limit::working_days(12), {"H47.22.02"}},
          {2, "appraisal", {1}, Limit::working_hours(3), {"H47.22.LDTBXH", "H47.LDTBXH"}},
          {3, "posting", {1}, Limit::calendar_days(5), {}},
          {4, "decision", {2, 3}, Limit::same_day(), {"H47.22"}}};
}
agency_processing::OfferMade offer() {
  return {{2, 1},     "appraisal", "H47.22.LDTBXH", "H47.22.02", home(), "000.02.22.H47-260302-0001",
          "1.001776", 3,           at(3),           at(4)};
}

template <class Event, class... Body>
std::vector<Event> events(Body... bodies) {
  std::vector<Event> out;
  (out.push_back({at(static_cast<std::int64_t>(out.size())), std::move(bodies)}), ...);
  return out;
}

}  // namespace

intake::Event intake_posted_sample() {
  auto posted = application();
  posted.post = intake::PostalWish{"vnpost", sealed_with('p'), sealed_with('q'), 35'000};
  return {at(0), intake::DossierSubmitted{std::move(posted), "H47.22.02"}};
}

std::vector<intake::Event> intake_samples() {
  using namespace intake;
  return events<Event>(
      DossierSubmitted{application(), "H47.22.02"},
      DossierAccepted{home(), "000.02.22.H47-260302-0001", "1.001776", 3, "H47.22.02", "H47.22.03", at(1), at(2)},
      DossierRefused{"OUT_OF_COMPETENCE", sealed_with('r')},
      SupplementRequested{{2, 1}, "H47.22.LDTBXH", "MISSING_PAPER", sealed_with('s')},
      SupplementReceived{{{2, 1}, {3, 2}}, components(), sealed_with('b')}, DossierWithdrawn{sealed_with('w'), true},
      DossierStopped{"NO_AGENCY_COMPETENT", sealed_with('f')}, DossierProcessed{at(9), true},
      ResultHandedOver{Channel::kPost}, AppointmentMoved{at(2), at(5)},
      PersonalDataErased{{"key-a", "key-b"}, "RETENTION_ENDED", sealed_with('e')},
      StatusChanged{NationalStatus::kReceived, NationalStatus::kInProcess}, InputSetAside{"ROUTE_STOPPED", 9},
      PickupRequested{home(), "vnpost", "H47.22.02", sealed_with('p'), components()},
      ResultDeliveryRequested{home(), "000.02.22.H47-260302-0001", "vnpost", "H47.22.02", sealed_with('q'), 35'000},
      ResultNotDelivered{Delivery::kLost, 2});
}

std::vector<routing::Event> routing_samples() {
  using namespace routing;
  return events<Event>(
      RoutePlanned{received(), at(3), plan()}, RouteDeferred{received(), at(4)},
      LegOffered{{2, 1},
                 "appraisal",
                 "H47.22.LDTBXH",
                 "H47.22.02",
                 home(),
                 "000.02.22.H47-260302-0001",
                 "1.001776",
                 3,
                 at(5),
                 at(6),
                 at(7)},
      LegRecalled{{2, 1}, "H47.22.LDTBXH", "WITHDRAWN"}, LegDueChanged{{2, 1}, "H47.22.LDTBXH", at(5), at(8), at(9), at(10)},
      LegStarted{{2, 1}, "H47.22.LDTBXH"}, LegDeclined{{2, 1}, "H47.22.LDTBXH", "OUT_OF_COMPETENCE", sealed_with('r')},
      LegReturned{{2, 1}, "H47.22.LDTBXH", true}, LegResultReceived{{2, 1}, "H47.22.02"},
      LegAwaitsDecision{{2, 2}, "ALL_REFUSED"}, ProcessingStarted{},
      SupplementRequested{{2, 1}, "H47.22.LDTBXH", "MISSING_PAPER", sealed_with('s')}, ClockResumed{{{2, 1}, {3, 1}}, true},
      AppointmentChanged{at(2), at(11), at(12)}, DossierResolved{at(13), true},
      DossierRefusedFinally{2, "NO_AGENCY_COMPETENT", sealed_with('f')}, RouteStopped{},
      LegNearDue{{2, 1}, "H47.22.LDTBXH", at(5)}, LegOverdue{{2, 1}, "H47.22.LDTBXH", at(5)}, DossierNearDue{at(2)},
      DossierOverdue{at(2)},
      CustodyPassed{
          {HolderKind::kAgency, "H47.22.LDTBXH", 2}, {HolderKind::kCitizen, "", 2}, at(14), at(15), 1440, 480, 420},
      ResultsReturned{}, InputSetAside{"LEG_COMPLETED", {2, 1}, "LEG_RECALLED"});
}

std::vector<agency_processing::Event> agency_samples() {
  using namespace agency_processing;
  return events<Event>(
      WorkOffered{offer()}, LegAccepted{{2, 1}, "H47.22.LDTBXH", "BTXH-17/2026"},
      LegRefused{{2, 1}, "H47.22.LDTBXH", "OUT_OF_COMPETENCE", sealed_with('r')},
      SupplementAsked{{2, 1}, "H47.22.LDTBXH", "MISSING_PAPER", sealed_with('s')},
      SupplementArrived{{2, 1}, "H47.22.LDTBXH"}, LegCompleted{{2, 1}, "H47.22.LDTBXH", components(), sealed_with('n')},
      ResultConfirmed{{2, 1}, "H47.22.02"}, WorkDueChanged{{2, 1}, "H47.22.LDTBXH", at(5), at(6)},
      WorkClosed{{2, 1}, "H47.22.LDTBXH", "WITHDRAWN"}, InputSetAside{"LEG_RECALLED", {2, 1}, "ALREADY_COMPLETED"});
}

std::vector<intake::CommandBody> intake_commands() {
  using namespace intake;
  return {SubmitDossier{application()},
          ReceiveDossier{application()},
          AcceptDossier{},
          RefuseDossier{"OUT_OF_COMPETENCE", sealed_with('r')},
          ReceiveSupplement{components(), sealed_with('b')},
          WithdrawDossier{sealed_with('w')},
          HandOverResult{Channel::kCounter},
          ErasePersonalData{"RETENTION_ENDED", sealed_with('e')}};
}

std::vector<routing::CommandBody> routing_commands() {
  using namespace routing;
  return {ReofferLeg{2, "H47.LDTBXH"}, RefuseFinally{"NO_AGENCY_COMPETENT", sealed_with('f')}};
}

std::vector<agency_processing::CommandBody> agency_commands() {
  using namespace agency_processing;
  return {AcceptLeg{{2, 1}, "BTXH-17/2026"}, RefuseLeg{{2, 1}, "OUT_OF_COMPETENCE", sealed_with('r')},
          AskSupplement{{2, 1}, "MISSING_PAPER", sealed_with('s')},
          CompleteLeg{{2, 1}, components(), sealed_with('n'), true, "BTXH-17/2026"}, ConfirmResult{{2, 1}}};
}

intake::State intake_state_sample() {
  intake::State state;
  state.status = shared_kernel::NationalStatus::kSupplementRequested;
  state.home = home();
  state.procedure_code = "1.001776";
  state.procedure_version = 3;
  state.applicant_kind = intake::ApplicantKind::kOrganisation;
  state.channel = intake::Channel::kOnline;
  state.area_code = "H47.22.02";
  state.dossier_code = "000.02.22.H47-260302-0001";
  state.received_by = "H47.22.02";
  state.helped_by = "H47.22.03";
  state.post = std::get<intake::DossierSubmitted>(intake_posted_sample().body).application.post;
  state.delivery = intake::Delivery::kReturned;
  state.submitted_at = at(1);
  state.received_at = at(2);
  state.appointment_at = at(3);
  state.first_appointment_at = at(4);
  state.processed_at = at(5);
  state.closed_at = at(6);
  state.components = components();
  state.contents = {sealed_with('a'), sealed_with('b')};
  state.reasons = {sealed_with('r')};
  state.awaiting = {{2, 1}};
  state.supplements = 2;
  state.reason_code = "MISSING_PAPER";
  state.erased = true;
  state.handed_over_by = intake::Channel::kPost;
  return state;
}

routing::State routing_state_sample() {
  routing::State state;
  state.phase = routing::RoutePhase::kRunning;
  state.dossier = received();
  state.due_at = at(1);
  state.near_due_at = at(2);
  state.stopped_at = at(3);
  state.processed_at = at(4);
  state.retry_at = at(5);
  state.started = true;
  state.near_due = true;
  state.overdue = true;
  state.results_returned = true;
  for (auto& leg : plan()) {
    routing::LegState to;
    to.plan = std::move(leg);
    to.phase = routing::LegPhase::kSuspended;
    to.attempt = 2;
    to.agency = "H47.LDTBXH";
    to.sender = "H47.22.02";
    to.offered_at = at(6);
    to.started_at = at(7);
    to.returned_at = at(8);
    to.due_at = at(9);
    to.near_due_at = at(10);
    to.suspended_at = at(11);
    to.near_due = true;
    to.overdue = true;
    state.legs.push_back(std::move(to));
  }
  state.holder = {routing::HolderKind::kCitizen, "", 2};
  state.held_since = at(12);
  return state;
}

agency_processing::State agency_state_sample() {
  agency_processing::State state;
  state.home = home();
  state.dossier_code = "000.02.22.H47-260302-0001";
  state.procedure_code = "1.001776";
  state.procedure_version = 3;
  agency_processing::Work work;
  work.leg = {2, 1};
  work.leg_id = "appraisal";
  work.phase = agency_processing::WorkPhase::kCompleted;
  work.agency = "H47.22.LDTBXH";
  work.sender = "H47.22.02";
  work.due_at = at(1);
  work.overall_due_at = at(2);
  work.offered_at = at(3);
  work.changed_at = at(4);
  work.receipt_code = "BTXH-17/2026";
  work.results = components();
  work.note = sealed_with('n');
  work.reason_code = "MISSING_PAPER";
  state.work = {work};
  return state;
}

}  // namespace lienthong::test_support
