#include "monitoring/adapters/monitoring_api.h"

#include "monitoring/adapters/event_reader.h"
#include "monitoring/adapters/timeline_view.h"
#include "platform/base/encoding.h"
#include "platform/block/block.h"
#include "platform/crypto/sha256.h"
#include "shared_kernel/api/reads.h"
#include "shared_kernel/command.h"
#include "shared_kernel/dossier_id.h"

#include <algorithm>
#include <optional>
#include <utility>

namespace lienthong::monitoring {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::Principal;

/// Who asks, under the release that says what he may see.
struct MonitoringApi::Viewer {
  std::shared_ptr<const Catalogue> catalogue;
  const Principal* principal = nullptr;
};

namespace {

constexpr int kPageSizeDefault = 50;
constexpr int kPageSizeMax = 200;
constexpr std::size_t kTokenBytes = 8 + 8 + 1 + DossierId::kSize;
constexpr Duration kPickUpPatience = std::chrono::hours(4);
constexpr std::int64_t kMicros = 1'000'000;

// The same rule as for one dossier in the services that decide: the desk's agency, or one that a leg was offered to.
bool may_see(const Principal& principal, const Dossier& dossier) {
  if (Catalogue::allows(principal, Action::kReadDossier, dossier.received_by, dossier.procedure)) return true;
  if (Catalogue::allows(principal, Action::kReadRoute, dossier.received_by, dossier.procedure)) return true;
  return std::any_of(dossier.legs.begin(), dossier.legs.end(), [&](const Leg& leg) {
    return !leg.agency.empty() && Catalogue::allows(principal, Action::kReadRoute, leg.agency, dossier.procedure);
  });
}

std::vector<Scope> scopes_of(const Principal& principal) {
  std::vector<Scope> out;
  for (const auto& grant : principal.grants) {
    if (grant.actions.contains(Action::kReadDossier) || grant.actions.contains(Action::kReadRoute)) {
      out.push_back({grant.agencies, grant.procedures});
    }
  }
  return out;
}

Result<std::size_t> page_size(const ::lienthong::api::v1::PageRequest& page) {
  if (page.page_size() < 0 || page.page_size() > kPageSizeMax) {
    return failure(rpc::invalid_field("page.page_size", "phải từ 1 đến 200.", "must be 1 to 200."));
  }
  return static_cast<std::size_t>(page.page_size() == 0 ? kPageSizeDefault : page.page_size());
}

// A token names the last entry and the list it belongs to, so that it can't go on in another list.
std::string list_mark(const google::protobuf::MessageLite& filter) {
  return std::string(crypto::sha256({block::encode_message(filter)}).view().substr(0, 8));
}

std::string encode_token(const std::string& mark, const ListKey& last) {
  std::string raw = mark;
  append_u64_be(raw, static_cast<std::uint64_t>(last.score));
  raw += static_cast<char>(last.kind);
  raw += last.id.view();
  return to_hex(raw);
}

Result<std::optional<ListKey>> decode_token(const std::string& mark, const std::string& token) {
  if (token.empty()) return std::optional<ListKey>{};
  const auto raw = from_hex(token);
  if (!raw || raw->size() != kTokenBytes || std::string_view(*raw).substr(0, 8) != mark) {
    return failure({ErrorCode::kInvalidArgument, "PAGE_TOKEN_INVALID",
                    "Mã trang không thuộc danh sách này; hãy bắt đầu lại không có mã trang.",
                    "The page token is not of this list; start again without one."});
  }
  const std::string_view bytes(*raw);
  ListKey out;
  out.score = static_cast<std::int64_t>(read_u64_be(bytes.substr(8, 8)));
  out.kind = static_cast<std::uint8_t>(bytes[16]);
  out.id = *DossierId::from(bytes.substr(17));
  return std::optional<ListKey>{out};
}

constexpr std::uint32_t kEventTypes = 64;
bool takes(LedgerNo reader, LedgerNo source, std::uint32_t type) {
  return type < kEventTypes && (taken(reader, source) & mask_of(type)) != 0;
}

template <class Request>
std::string mark_of(Request request) {
  request.clear_page();
  return list_mark(request);
}

StuckFilter stuck_filter(const v1::ListStuckRequest& request, Instant now) {
  StuckFilter out;
  for (const auto kind : kStuckKinds) {
    if (request.kind() != v1::STUCK_KIND_UNSPECIFIED && static_cast<int>(request.kind()) != static_cast<int>(kind)) continue;
    Duration age = kind == StuckKind::kNotPickedUp ? kPickUpPatience : Duration::zero();
    if (request.has_min_age()) age = Duration(request.min_age().seconds() * kMicros + request.min_age().nanos() / 1000);
    out.kinds.push_back(kind);
    out.until.push_back(now - age);
  }
  return out;
}

}  // namespace

MonitoringApi::MonitoringApi(MonitoringApiParts parts)
    : parts_(std::move(parts)),
      watches_({parts_.views, parts_.reads, parts_.clock, parts_.flow,
                [this] { return shared_kernel::api::latest_catalogue(parts_.rules); },
                [this](const rpc::Call& call, const FoundDossier& found) {
                  const auto asks = viewer(call);
                  return asks && may_see(*asks->principal, found.dossier);
                }}),
      service_("lienthong.monitoring.v1.MonitoringService", shared_kernel::api::principals_of(parts_.rules)) {
  service_.bidi("WatchDossier", [this](const rpc::Call& call) -> Result<std::shared_ptr<rpc::StreamHandler>> {
    return watches_.open(call);
  });
  service_.unary<v1::GetTimelineRequest, v1::GetTimelineResponse>(
      "GetTimeline", [this](const rpc::Call& call, const v1::GetTimelineRequest& request, const auto& out) {
        const auto asks = viewer(call);
        if (!asks) return out.fail(asks.error());
        answer(out, [this, asks = *asks, request] { return timeline(asks, request); });
      });
  service_.unary<v1::SearchDossiersRequest, v1::SearchDossiersResponse>(
      "SearchDossiers", [this](const rpc::Call& call, const v1::SearchDossiersRequest& request, const auto& out) {
        const auto asks = viewer(call);
        if (!asks) return out.fail(asks.error());
        answer(out, [this, asks = *asks, request] { return search(asks, request); });
      });
  service_.unary<v1::GetFlowRequest, v1::GetFlowResponse>(
      "GetFlow", [this](const rpc::Call& call, const v1::GetFlowRequest& request, const auto& out) {
        if (const auto asks = operator_of(call); !asks) return out.fail(asks.error());
        answer(out, [this, request] { return get_flow(request); });
      });
  service_.unary<v1::GetReconciliationRequest, v1::GetReconciliationResponse>(
      "GetReconciliation", [this](const rpc::Call& call, const v1::GetReconciliationRequest&, const auto& out) {
        if (const auto asks = operator_of(call); !asks) return out.fail(asks.error());
        v1::GetReconciliationResponse reply;
        show(*parts_.flow(), parts_.clock.now(), reply);
        show_positions(*reply.mutable_positions());
        out.ok(reply);
      });
  service_.unary<v1::ListStuckRequest, v1::ListStuckResponse>(
      "ListStuck", [this](const rpc::Call& call, const v1::ListStuckRequest& request, const auto& out) {
        const auto asks = operator_of(call);
        if (!asks) return out.fail(asks.error());
        answer(out, [this, asks = *asks, request] { return list_stuck(asks, request); });
      });
}

Result<MonitoringApi::Viewer> MonitoringApi::viewer(const rpc::Call& call) const {
  auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return failure(std::move(catalogue.error()));
  const auto* principal = (*catalogue)->principal(call.principal);
  if (principal == nullptr) return failure(shared_kernel::api::not_granted(Action::kReadDossier));
  return Viewer{*std::move(catalogue), principal};
}

Result<MonitoringApi::Viewer> MonitoringApi::operator_of(const rpc::Call& call) const {
  auto asks = viewer(call);
  if (!asks) return asks;
  if (!Catalogue::allows(*asks->principal, Action::kReadLedger, "", "")) {
    return failure(shared_kernel::api::not_granted(Action::kReadLedger));
  }
  return asks;
}

template <class Reply, class Read>
void MonitoringApi::answer(const Out<Reply>& out, Read read) const {
  const bool queued = parts_.reads.post([out, read = std::move(read)] {
    const auto reply = read();
    if (!reply) return out.fail(reply.error());
    out.ok(*reply);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

void MonitoringApi::show_positions(google::protobuf::RepeatedPtrField<v1::ReadPosition>& out) const {
  for (const auto& lane : parts_.flow()->lanes) show_position(lane, *out.Add());
}

Result<v1::GetTimelineResponse> MonitoringApi::timeline(const Viewer& viewer, const v1::GetTimelineRequest& request) const {
  v1::GetTimelineResponse out;
  show_positions(*out.mutable_positions());
  std::optional<FoundDossier> found;
  if (!request.dossier_code().empty()) {
    auto read = parts_.views.find_code(request.dossier_code());
    if (!read) return failure(std::move(read.error()));
    found = *std::move(read);
  } else {
    const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
    if (!name) return failure(name.error());
    auto read = parts_.views.find(name->id);
    if (!read) return failure(std::move(read.error()));
    found = *std::move(read);
  }
  if (!found || !may_see(*viewer.principal, found->dossier)) return failure(shared_kernel::dossier_not_found());
  auto decisions = parts_.views.decisions(found->id);
  if (!decisions) return failure(std::move(decisions.error()));
  out.set_complete(whole(*decisions, takes));
  auto timeline = make_timeline(*std::move(decisions));
  add_holder(found->dossier, timeline);
  *out.mutable_dossier() = summary(*found, *viewer.catalogue, parts_.clock.now());
  for (const auto& entry : timeline.entries) show(entry, found->dossier.partition, *out.add_entries());
  for (const auto& hop : timeline.hops) show(hop, *viewer.catalogue, *out.add_hops());
  for (const auto& custody : timeline.custody) show(custody, *out.add_custody());
  for (const auto& paper : timeline.papers) show(paper, *out.add_shipments());
  for (const auto& notice : timeline.notices) show(notice, *out.add_notices());
  out.mutable_machine_time()->set_seconds(timeline.machine_time.count() / kMicros);
  out.mutable_machine_time()->set_nanos(static_cast<std::int32_t>(timeline.machine_time.count() % kMicros * 1000));
  out.set_statutory_minutes(timeline.statutory_minutes);
  return out;
}

Result<v1::SearchDossiersResponse> MonitoringApi::search(const Viewer& viewer,
                                                         const v1::SearchDossiersRequest& request) const {
  const auto size = page_size(request.page());
  if (!size) return failure(size.error());
  const auto mark = mark_of(request);
  const auto after = decode_token(mark, request.page().page_token());
  if (!after) return failure(after.error());

  DossierFilter filter;
  filter.scopes = scopes_of(*viewer.principal);
  if (filter.scopes.empty()) return failure(shared_kernel::api::not_granted(Action::kReadDossier));
  filter.code = request.dossier_code();
  filter.status = static_cast<std::uint32_t>(request.status());
  filter.holder = request.holder();
  filter.received_by = request.received_by();
  filter.channel = static_cast<std::uint32_t>(request.channel());
  filter.procedure = request.procedure_code();
  filter.now = parts_.clock.now();
  if (request.due() != v1::DUE_STATE_UNSPECIFIED) filter.due = static_cast<DueState>(request.due());
  if (!request.tier().empty()) {
    filter.tier_agencies.emplace();
    for (const auto& agency : viewer.catalogue->contents().agencies) {
      if (agency.tier == request.tier()) filter.tier_agencies->push_back(agency.code);
    }
  }

  v1::SearchDossiersResponse out;
  const auto flow = parts_.flow();
  auto found = parts_.views.search(filter, *after, *size);
  if (!found) return failure(std::move(found.error()));
  if (!*after) {
    const auto total = parts_.views.count(filter);
    if (!total) return failure(total.error());
    out.set_total(*total);
  }
  if (found->size() > *size) {
    found->resize(*size);
    out.mutable_page()->set_next_page_token(encode_token(mark, {found->back().dossier.created.micros, 0, found->back().id}));
  }
  for (const auto& one : *found) *out.add_dossiers() = summary(one, *viewer.catalogue, filter.now);
  for (const auto& lane : flow->lanes) {
    auto& position = *out.mutable_page()->add_positions();
    position.set_service(lane.partition.ledger);
    position.set_partition(lane.partition.partition);
    position.set_block_seq(lane.head_seq);
  }
  return out;
}

Result<v1::ListStuckResponse> MonitoringApi::list_stuck(const Viewer& viewer, const v1::ListStuckRequest& request) const {
  const auto size = page_size(request.page());
  if (!size) return failure(size.error());
  const auto mark = mark_of(request);
  const auto after = decode_token(mark, request.page().page_token());
  if (!after) return failure(after.error());
  const Instant now = parts_.clock.now();
  const auto filter = stuck_filter(request, now);
  auto found = parts_.views.stuck(filter, *after, *size);
  if (!found) return failure(std::move(found.error()));
  v1::ListStuckResponse out;
  if (!*after) {
    const auto total = parts_.views.count(filter);
    if (!total) return failure(total.error());
    out.set_total(*total);
  }
  if (found->size() > *size) {
    found->resize(*size);
    const auto& last = found->back();
    out.mutable_page()->set_next_page_token(
        encode_token(mark, {last.since.micros, static_cast<std::uint8_t>(last.kind), last.found.id}));
  }
  for (const auto& one : *found) *out.add_dossiers() = stuck(one, *viewer.catalogue, now);
  return out;
}

Result<v1::GetFlowResponse> MonitoringApi::get_flow(const v1::GetFlowRequest& request) const {
  v1::GetFlowResponse out;
  const auto flow = parts_.flow();
  const Instant now = parts_.clock.now();
  const auto due = parts_.views.timers_due(now);
  if (!due) return failure(due.error());
  for (const auto& lane : flow->lanes) {
    if (!request.ledger().empty() && request.ledger() != lane.partition.ledger) continue;
    const auto counted = due->find({ledger_number(lane.partition.ledger), lane.partition.partition});
    show(lane, *flow, counted == due->end() ? 0 : counted->second, now, *out.add_lanes());
  }
  rpc::set_timestamp(flow->at, *out.mutable_read_time());
  return out;
}

}  // namespace lienthong::monitoring
