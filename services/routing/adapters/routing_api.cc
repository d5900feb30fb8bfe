#include "routing/adapters/routing_api.h"

#include "lienthong/routing/v1/commands.pb.h"
#include "platform/block/block.h"
#include "routing/adapters/route_view.h"
#include "shared_kernel/command.h"

#include <memory>

namespace lienthong::routing {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::api::ContentKey;
using shared_kernel::api::ReadDossier;

namespace {

constexpr std::size_t kReasonBytesMax = 4000;

// The route may be read by whoever may read it for the receiving agency, or for an agency that a leg was offered to.
bool may_read(const shared_kernel::Principal& principal, const v1::StoredRoute& stored) {
  if (Catalogue::allows(principal, Action::kReadRoute, stored.received_by(), stored.procedure_code())) return true;
  for (const auto& leg : stored.legs()) {
    if (!leg.agency().empty() && Catalogue::allows(principal, Action::kReadRoute, leg.agency(), stored.procedure_code()))
      return true;
  }
  return false;
}

const char* index_of(v1::RouteFilter filter) {
  switch (filter) {
    case v1::ROUTE_FILTER_OVERDUE: return "overdue";
    case v1::ROUTE_FILTER_AWAITS_DECISION: return "decision";
    case v1::ROUTE_FILTER_UNSPECIFIED:
    case v1::ROUTE_FILTER_OPEN:
    case v1::RouteFilter_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::RouteFilter_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "open";
}

}  // namespace

RoutingApi::RoutingApi(RoutingApiParts parts)
    : parts_(std::move(parts)),
      commands_("routing", parts_.gateway, parts_.clock, parts_.service_key),
      reads_(commands_, parts_.query, parts_.reads),
      service_("lienthong.routing.v1.RoutingService", shared_kernel::api::principals_of(parts_.rules)) {
  service_.unary<v1::GetRouteRequest, v1::GetRouteResponse>(
      "GetRoute", [this](const auto& call, auto request, auto out) { get_route(call, request, out); });
  service_.unary<v1::ListRoutesRequest, v1::ListRoutesResponse>(
      "ListRoutes", [this](const auto& call, auto request, auto out) { list_routes(call, request, out); });
  service_.unary<v1::ReofferLegRequest, v1::ReofferLegResponse>(
      "ReofferLeg", [this](const auto& call, auto request, auto out) { reoffer(call, request, out); });
  service_.unary<v1::RefuseFinallyRequest, v1::RefuseFinallyResponse>(
      "RefuseFinally", [this](const auto& call, auto request, auto out) { refuse_finally(call, request, out); });
}

template <class Reply>
ledger::ReplySink RoutingApi::command_reply(const shared_kernel::DossierName& dossier, const Out<Reply>& out) const {
  return [this, dossier, out](const ledger::Reply& reply) {
    if (reply.error) return out.fail(*reply.error, reply.retry_after);
    Reply answer;
    commands_.set_result(reply, dossier, *answer.mutable_result());
    if (reply.value != nullptr) {
      const auto stored = stored_route(*reply.value);
      if (!stored) return out.fail(stored.error());
      *answer.mutable_route() = route_view(dossier.id, reply.value->dossier_seq(), *stored);
    }
    out.ok(answer);
  };
}

void RoutingApi::get_route(const rpc::Call& call, const v1::GetRouteRequest& request,
                           const Out<v1::GetRouteResponse>& out) const {
  const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
  if (!name) return out.fail(name.error());
  const auto min_block = reads_.min_block(*name, request.min_position());
  if (!min_block) return out.fail(min_block.error());
  reads_.read(*name, *min_block, commands_.deadline_of(call),
              [this, call, name = *name, out](const Result<ReadDossier>& read) {
                if (!read) return out.fail(read.error());
                const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
                if (!catalogue) return out.fail(catalogue.error());
                const auto* principal = (*catalogue)->principal(call.principal);
                if (read->value == nullptr || principal == nullptr) return out.fail(shared_kernel::dossier_not_found());
                const auto stored = stored_route(*read->value);
                if (!stored) return out.fail(stored.error());
                if (!may_read(*principal, *stored)) return out.fail(shared_kernel::dossier_not_found());
                v1::GetRouteResponse answer;
                *answer.mutable_route() = route_view(name.id, read->value->dossier_seq(), *stored);
                commands_.set_position(name, read->block_seq, *answer.mutable_position());
                out.ok(answer);
              });
}

void RoutingApi::list_routes(const rpc::Call& call, const v1::ListRoutesRequest& request,
                             const Out<v1::ListRoutesResponse>& out) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto* principal = (*catalogue)->principal(call.principal);
  if (principal == nullptr || !Catalogue::allows_some_procedure(*principal, Action::kReadRoute, request.agency())) {
    return out.fail(shared_kernel::api::not_granted(Action::kReadRoute));
  }
  const shared_kernel::api::ListQuery wanted{
      "routing", parts_.gateway.partition_count(), index_of(request.filter()), {request.agency()}};
  const auto queued = parts_.reads.post([this, wanted, request, out, catalogue = *catalogue, principal] {
    auto page = shared_kernel::api::list(parts_.query, wanted, request.page());
    if (!page) return out.fail(page.error());
    v1::ListRoutesResponse answer;
    for (const auto& entry : page->entries) {
      const auto stored = stored_route(entry.value);
      if (stored && may_read(*principal, *stored))
        *answer.add_routes() = route_view(entry.hit.dossier, entry.value.dossier_seq(), *stored);
    }
    for (const auto& total : page->totals) answer.set_total(total.second);
    *answer.mutable_page() = std::move(page->page);
    out.ok(answer);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

void RoutingApi::reoffer(const rpc::Call& call, const v1::ReofferLegRequest& request,
                         const Out<v1::ReofferLegResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  auto command = commands_.begin(call, request.header(), *names, request);
  if (!command) return out.fail(command.error());
  v1::ReofferLegCommand body;
  body.set_leg(request.leg());
  body.set_agency(request.agency());
  if (request.header().has_occurred_time()) *body.mutable_occurred_time() = request.header().occurred_time();
  command->type = v1::COMMAND_TYPE_REOFFER_LEG;
  command->body = block::encode_message(body);
  command->reply = command_reply<v1::ReofferLegResponse>(names->dossier, out);
  commands_.submit(names->dossier, std::move(*command));
}

void RoutingApi::refuse_finally(const rpc::Call& call, const v1::RefuseFinallyRequest& request,
                                const Out<v1::RefuseFinallyResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  if (const auto reason = shared_kernel::api::check_text(request.reason(), "reason", kReasonBytesMax, true); !reason)
    return out.fail(reason.error());
  auto begun = commands_.begin(call, request.header(), *names, request);
  if (!begun) return out.fail(begun.error());
  begun->reply = command_reply<v1::RefuseFinallyResponse>(names->dossier, out);
  const auto command = std::make_shared<ledger::CommandRequest>(std::move(*begun));
  parts_.keys(request.dossier_id(), [this, request, out, command, dossier = names->dossier](const Result<ContentKey>& key) {
    if (!key) return out.fail(key.error());
    v1::RefuseFinallyCommand body;
    body.set_reason_code(request.reason_code());
    command->sealed.push_back(shared_kernel::api::seal_for(*key, dossier.id, request.reason(), *body.mutable_reason()));
    if (request.header().has_occurred_time()) *body.mutable_occurred_time() = request.header().occurred_time();
    command->type = v1::COMMAND_TYPE_REFUSE_FINALLY;
    command->body = block::encode_message(body);
    commands_.submit(dossier, std::move(*command));
  });
}

}  // namespace lienthong::routing
