#include "postal_dispatch/adapters/postal_api.h"

#include "platform/block/block.h"
#include "platform/rpc/status.h"
#include "postal_dispatch/adapters/command_codec.h"
#include "postal_dispatch/adapters/manifest.h"
#include "postal_dispatch/adapters/post_values.h"
#include "postal_dispatch/adapters/post_view.h"
#include "postal_dispatch/adapters/state_codec.h"
#include "postal_dispatch/core/not_found.h"
#include "shared_kernel/api/addresses.h"
#include "shared_kernel/command.h"

#include <algorithm>
#include <utility>

namespace lienthong::postal_dispatch {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::api::CommandNames;
using shared_kernel::api::ContentKey;
using shared_kernel::api::ReadDossier;
using wire::Decoding;

namespace {

Error error_of(const shared_kernel::api::api_v1::Failure& failed) {
  auto error = rpc::to_error(grpc::Status(static_cast<grpc::StatusCode>(failed.code()), ""));
  error.reason = failed.reason();
  error.message_vi = failed.message_vi();
  error.message_en = failed.message_en();
  return error;
}

std::optional<Instant> occurred_at(const shared_kernel::api::api_v1::CommandHeader& header) {
  if (!header.has_occurred_time()) return std::nullopt;
  return Instant{header.occurred_time().seconds() * 1'000'000 + header.occurred_time().nanos() / 1'000};
}

const char* bag_key(v1::BagFilter filter) {
  switch (filter) {
    case v1::BAG_FILTER_IN: return "/in";
    case v1::BAG_FILTER_DIFFERS: return "/differs";
    case v1::BAG_FILTER_OUT:
    case v1::BAG_FILTER_UNSPECIFIED:
    case v1::BagFilter_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::BagFilter_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "/out";
}

const char* settlement_key(v1::SettlementState state) {
  switch (state) {
    case v1::SETTLEMENT_STATE_OPEN: return "/open";
    case v1::SETTLEMENT_STATE_BALANCED: return "/balanced";
    case v1::SETTLEMENT_STATE_DIFFERS:
    case v1::SETTLEMENT_STATE_UNSPECIFIED:
    case v1::SettlementState_INT_MIN_SENTINEL_DO_NOT_USE_:
    case v1::SettlementState_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return "/differs";
}

const Shipment* find_shown(const State& state, std::uint32_t number) {
  if (const auto* bag = std::get_if<Bag>(&state)) return number <= 1 ? &bag->shipment : nullptr;
  const auto* post = std::get_if<DossierPost>(&state);
  if (post == nullptr || post->shipments.empty()) return nullptr;
  if (number == 0) return &post->shipments.back();
  return number <= post->shipments.size() ? &post->shipments[number - 1] : nullptr;
}

}  // namespace

template <class Request, class Reply>
void PostalApi::on(const char* method,
                   void (PostalApi::*handler)(const rpc::Call&, const Request&, const Out<Reply>&) const) {
  service_.unary<Request, Reply>(
      method, [this, handler](const auto& call, auto request, auto out) { (this->*handler)(call, request, out); });
}

PostalApi::PostalApi(PostalApiParts parts)
    : parts_(std::move(parts)),
      commands_("postal-dispatch", parts_.gateway, parts_.clock, parts_.service_key),
      reads_(commands_, parts_.query, parts_.reads),
      scans_({parts_.gateway.partition_count(), parts_.query, parts_.reads, parts_.carriers, parts_.keys, commands_}),
      unmatched_(parts_.gateway.partition_count(), parts_.query, commands_),
      service_("lienthong.postal.v1.PostalService", shared_kernel::api::principals_of(parts_.rules)) {
  on("OrderShipment", &PostalApi::order);
  on("StateMilestone", &PostalApi::state);
  on("CancelShipment", &PostalApi::cancel);
  on("PlaceOrderAgain", &PostalApi::place_again);
  service_.unary<v1::RecordScansRequest, v1::RecordScansResponse>(
      "RecordScans", [this](const auto& call, auto request, auto out) {
        scans_.record(call, request, [out](const Result<v1::RecordScansResponse>& reply) {
          if (!reply) return out.fail(reply.error());
          out.ok(*reply);
        });
      });
  on("ListUnmatchedScans", &PostalApi::list_unmatched);
  on("RetakeScan", &PostalApi::retake);
  on("DismissScan", &PostalApi::dismiss);
  on("GetPaper", &PostalApi::get_paper);
  on("ListShipments", &PostalApi::list_shipments);
  on("ListApart", &PostalApi::list_apart);
  on("CreateBag", &PostalApi::create_bag);
  on("SealBag", &PostalApi::seal_bag);
  on("OpenBag", &PostalApi::open_bag);
  on("GetBag", &PostalApi::get_bag);
  on("ListBags", &PostalApi::list_bags);
  on("DeclareSettlement", &PostalApi::declare);
  on("ListSettlements", &PostalApi::list_settlements);
  on("GetSettlement", &PostalApi::get_settlement);
}

// ---- what all of them need

template <class Reply, class Show>
ledger::ReplySink PostalApi::reply_with(const DossierName& name, const Out<Reply>& out, Show show) const {
  return [this, name, out, show](const ledger::Reply& reply) {
    if (reply.error) return out.fail(*reply.error, reply.retry_after);
    Reply answer;
    commands_.set_result(reply, name, *answer.mutable_result());
    if (reply.value != nullptr) {
      const auto state = decode_state(reply.value->state());
      if (!state) return out.fail(state.error());
      show(reply.value->dossier_seq(), *state, answer);
    }
    out.ok(answer);
  };
}

template <class Reply>
ledger::ReplySink PostalApi::shipment_reply(const DossierName& name, std::uint32_t number, const Out<Reply>& out) const {
  return reply_with(name, out, [name, number](std::uint64_t, const State& state, Reply& answer) {
    if (const auto* shipment = find_shown(state, number)) show(name, *shipment, *answer.mutable_shipment());
  });
}

template <class Reply>
ledger::ReplySink PostalApi::bag_reply(const DossierName& name, const Out<Reply>& out) const {
  return reply_with(name, out, [name](std::uint64_t revision, const State& state, Reply& answer) {
    if (const auto* bag = std::get_if<Bag>(&state)) show(name, revision, *bag, *answer.mutable_bag());
  });
}

template <class Request, class Reply>
void PostalApi::submit(const rpc::Call& call, const Request& request, const CommandNames& names, CommandBody body,
                       const Out<Reply>& out, ledger::ReplySink reply) const {
  auto command = commands_.begin(call, request.header(), names, request);
  if (!command) return out.fail(command.error());
  auto encoded = encode_command(body, occurred_at(request.header()));
  command->type = encoded.type;
  command->body = std::move(encoded.body);
  command->reply = std::move(reply);
  commands_.submit(names.dossier, std::move(*command));
}

template <class Reply, class Use>
void PostalApi::read(const rpc::Call& call, const DossierName& name,
                     const shared_kernel::api::api_v1::Position& min_position, const Out<Reply>& out, Use use) const {
  const auto min_block = reads_.min_block(name, min_position);
  if (!min_block) return out.fail(min_block.error());
  reads_.read(name, *min_block, commands_.deadline_of(call), [this, name, out, use](const Result<ReadDossier>& read) {
    if (!read) return out.fail(read.error());
    State state;
    if (read->value != nullptr) {
      auto decoded = decode_state(read->value->state());
      if (!decoded) return out.fail(decoded.error());
      state = *std::move(decoded);
    }
    Reply answer;
    commands_.set_position(name, read->block_seq, *answer.mutable_position());
    const auto used = use(state, read->value == nullptr ? 0 : read->value->dossier_seq(), answer);
    if (!used) return out.fail(used.error());
    out.ok(answer);
  });
}

/// `add` leaves out what does not belong into the list: an entry may be older than the value beside it.
template <class Reply, class Add>
void PostalApi::list(shared_kernel::api::ListQuery wanted, const shared_kernel::api::api_v1::PageRequest& page,
                     const Out<Reply>& out, Add add) const {
  const auto queued = parts_.reads.post([this, wanted = std::move(wanted), page, out, add] {
    auto found = shared_kernel::api::list(parts_.query, wanted, page);
    if (!found) return out.fail(found.error());
    Reply answer;
    for (const auto& entry : found->entries) {
      if (const auto state = decode_state(entry.value.state())) add(entry, *state, answer);
    }
    std::uint64_t total = 0;
    for (const auto& one : found->totals) total += one.second;
    answer.set_total(total);
    *answer.mutable_page() = std::move(found->page);
    out.ok(answer);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

std::string PostalApi::area_of(const std::string& agency) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  const auto* found = catalogue ? (*catalogue)->agency(agency) : nullptr;
  return found == nullptr || found->areas.empty() ? std::string() : found->areas.front();
}

bool PostalApi::may_read(const std::string& principal, const std::vector<std::string>& agencies) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  const auto* caller = catalogue ? (*catalogue)->principal(principal) : nullptr;
  return caller != nullptr && std::any_of(agencies.begin(), agencies.end(), [&](const std::string& agency) {
           return Catalogue::allows_some_procedure(*caller, Action::kReadPost, agency);
         });
}

// ---- shipments

void PostalApi::order(const rpc::Call& call, const v1::OrderShipmentRequest& request,
                      const Out<v1::OrderShipmentResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  const auto carrier = parts_.carriers.carrier(request.carrier());
  if (!carrier) return out.fail(carrier.error());
  Decoding in;
  OrderShipment body;
  body.home = names->dossier.home;
  body.dossier_code = request.dossier_code();
  body.kind = in.take(wire::decode_enum(request.kind()));
  body.carrier = request.carrier();
  body.item = request.item();
  body.destination = request.destination();
  body.numbers = numbers_of(**carrier, body.home, false);
  body.cod_amount = in.take(wire::decode_amount(request.cod_amount()));
  body.papers = wire::decode(request.papers(), in);
  body.place_order = request.place_order();
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto desk = (*catalogue)->home(body.home);
  const std::string from = desk && !desk->agency->areas.empty() ? desk->agency->areas.front() : std::string();
  body.clock_seconds = (*carrier)->clock_seconds;
  body.normal_minutes =
      normal_minutes(**carrier, from, request.to_area().empty() ? area_of(body.destination) : request.to_area());
  const auto checked = in.finish(0);
  if (!checked) return out.fail(checked.error());
  auto reply = shipment_reply(names->dossier, 0, out);
  if (!request.has_address()) return submit(call, request, *names, std::move(body), out, std::move(reply));
  if (const auto address = shared_kernel::api::check_address(request.address(), "address"); !address)
    return out.fail(address.error());
  auto begun = commands_.begin(call, request.header(), *names, request);
  if (!begun) return out.fail(begun.error());
  begun->reply = std::move(reply);
  const auto command = std::make_shared<ledger::CommandRequest>(std::move(*begun));
  parts_.keys(request.dossier_id(), [this, request, out, command, body = std::move(body),
                                     dossier = names->dossier](const Result<ContentKey>& key) mutable {
    if (!key) return out.fail(key.error());
    kernel::v1::SealedRef reference;
    command->sealed.push_back(
        shared_kernel::api::seal_for(*key, dossier.id, block::encode_message(request.address()), reference));
    body.address = *shared_kernel::wire::decode(reference);
    auto encoded = encode_command(body, occurred_at(request.header()));
    command->type = encoded.type;
    command->body = std::move(encoded.body);
    commands_.submit(dossier, std::move(*command));
  });
}

void PostalApi::state(const rpc::Call& call, const v1::StateMilestoneRequest& request,
                      const Out<v1::StateMilestoneResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  const auto milestone = wire::decode_enum(request.milestone());
  if (!milestone) return out.fail(milestone.error());
  submit(call, request, *names, StateMilestone{request.shipment(), *milestone, request.place(), request.reason()}, out,
         shipment_reply(names->dossier, request.shipment(), out));
}

void PostalApi::cancel(const rpc::Call& call, const v1::CancelShipmentRequest& request,
                       const Out<v1::CancelShipmentResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  submit(call, request, *names, CancelShipment{request.shipment(), request.reason()}, out,
         shipment_reply(names->dossier, request.shipment(), out));
}

void PostalApi::place_again(const rpc::Call& call, const v1::PlaceOrderAgainRequest& request,
                            const Out<v1::PlaceOrderAgainResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.dossier_id());
  if (!names) return out.fail(names.error());
  if (const auto reason = shared_kernel::api::check_reason_code(request.reason_code()); !reason)
    return out.fail(reason.error());
  submit(call, request, *names, PlaceOrderAgain{request.shipment(), request.reason_code()}, out,
         shipment_reply(names->dossier, request.shipment(), out));
}

void PostalApi::get_paper(const rpc::Call& call, const v1::GetPaperRequest& request,
                          const Out<v1::GetPaperResponse>& out) const {
  const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
  if (!name) return out.fail(name.error());
  read(call, *name, request.min_position(), out,
       [this, call, name = *name](const State& state, std::uint64_t, v1::GetPaperResponse& answer) -> Result<void> {
         const auto* post = std::get_if<DossierPost>(&state);
         if (post == nullptr) return failure(shared_kernel::dossier_not_found());
         std::vector<std::string> agencies{post->data_at};
         for (const auto& shipment : post->shipments) {
           agencies.push_back(shipment.agency);
           agencies.push_back(shipment.destination);
         }
         for (const auto& fact : post->bags) agencies.push_back(fact.agency);
         if (post->handed_in) agencies.push_back(post->handed_in->agency);
         std::erase(agencies, "");
         if (!may_read(call.principal, agencies)) return failure(shared_kernel::dossier_not_found());
         for (const auto bundle : {Bundle::kDossier, Bundle::kResult})
           show(bundle, paper_of(*post, bundle), *answer.add_papers());
         for (const auto& shipment : post->shipments) show(name, shipment, *answer.add_shipments());
         wire::encode_all(post->bags, answer.mutable_bags());
         answer.set_data_at(post->data_at);
         return {};
       });
}

void PostalApi::list_shipments(const rpc::Call& call, const v1::ListShipmentsRequest& request,
                               const Out<v1::ListShipmentsResponse>& out) const {
  if (!may_read(call.principal, {request.agency()})) return out.fail(shared_kernel::api::not_granted(Action::kReadPost));
  shared_kernel::api::ListQuery wanted{"postal-dispatch", parts_.gateway.partition_count(), "shipments", {}};
  if (request.silent()) {
    wanted.index = "silent";
    wanted.keys = {request.agency()};
  } else {
    for (const auto stable : kStableStates) {
      const bool open = stable == StableState::kOrdered || stable == StableState::kUnderway ||
                        stable == StableState::kWaiting || stable == StableState::kProofMissing;
      const bool asked =
          request.stable() == v1::STABLE_STATE_UNSPECIFIED ? open : static_cast<int>(stable) == request.stable();
      if (asked) wanted.keys.push_back(request.agency() + '/' + std::string(name_of(stable)));
    }
  }
  list(wanted, request.page(), out, [silent = request.silent()](const auto& entry, const State& state, auto& answer) {
    const auto number = static_cast<std::uint32_t>(std::strtoul(entry.hit.suffix.c_str(), nullptr, 10));
    const auto* shipment = find_shown(state, number);
    if (shipment == nullptr) return;
    const auto key =
        silent ? shipment->agency : shipment->agency + '/' + std::string(name_of(standing_of(*shipment).stable));
    if (key != entry.hit.key || (silent && !shipment->silent)) return;
    show({home_of(state), entry.hit.dossier}, *shipment, *answer.add_shipments());
  });
}

void PostalApi::list_apart(const rpc::Call& call, const v1::ListApartRequest& request,
                           const Out<v1::ListApartResponse>& out) const {
  if (!may_read(call.principal, {request.agency()})) return out.fail(shared_kernel::api::not_granted(Action::kReadPost));
  const shared_kernel::api::ListQuery wanted{
      "postal-dispatch", parts_.gateway.partition_count(), "apart", {request.agency()}};
  list(wanted, request.page(), out, [](const auto& entry, const State& state, auto& answer) {
    const auto* post = std::get_if<DossierPost>(&state);
    if (post == nullptr) return;
    const auto paper = paper_of(*post, Bundle::kDossier);
    if (!paper.apart_from_data) return;
    auto& one = *answer.add_dossiers();
    one.set_dossier_id(shared_kernel::format_dossier_name({post->home, entry.hit.dossier}));
    show(Bundle::kDossier, paper, *one.mutable_paper());
    one.set_data_at(post->data_at);
    shared_kernel::wire::encode(std::max(paper.since, post->data_since), *one.mutable_since_time());
  });
}

// ---- scans that belong to nothing known

// They are no agency's, so who sees them sees every agency's.
void PostalApi::list_unmatched(const rpc::Call& call, const v1::ListUnmatchedScansRequest& request,
                               const Out<v1::ListUnmatchedScansResponse>& out) const {
  if (!may_read(call.principal, {""})) return out.fail(shared_kernel::api::not_granted(Action::kReadPost));
  shared_kernel::api::ListQuery wanted{"postal-dispatch", parts_.gateway.partition_count(), "unmatched", {}};
  for (const auto& carrier : parts_.carriers.all()) {
    if (request.carrier().empty() || request.carrier() == carrier.id) wanted.keys.push_back(carrier.id);
  }
  if (wanted.keys.empty()) return out.fail(parts_.carriers.carrier(request.carrier()).error());
  list(wanted, request.page(), out, [](const auto& entry, const State& state, auto& answer) {
    const auto* kept = std::get_if<KeptScan>(&state);
    if (kept == nullptr || kept->fate != ScanFate::kOpen) return;
    auto& one = *answer.add_scans();
    one.set_scan_id(shared_kernel::format_dossier_name({kept->home, entry.hit.dossier}));
    wire::encode(kept->scan, *one.mutable_scan());
    shared_kernel::wire::encode(kept->since, *one.mutable_since_time());
  });
}

void PostalApi::retake(const rpc::Call& call, const v1::RetakeScanRequest& request,
                       const Out<v1::RetakeScanResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.scan_id());
  if (!names) return out.fail(names.error());
  if (!may_read(call.principal, {""})) return out.fail(scan_not_found());
  const auto close = [this, call, request, out, names = *names](const v1::ShipmentView& shipment) {
    submit(call, request, names, CloseScan{ScanFate::kTaken, ""}, out,
           reply_with(names.dossier, out, [shipment](std::uint64_t, const State&, v1::RetakeScanResponse& answer) {
             *answer.mutable_shipment() = shipment;
           }));
  };
  reads_.read(names->dossier, 0, commands_.deadline_of(call), [this, call, out, close](const Result<ReadDossier>& read) {
    if (!read) return out.fail(read.error());
    const auto state = read->value == nullptr ? Result<State>(State()) : decode_state(read->value->state());
    if (!state) return out.fail(state.error());
    const auto* kept = std::get_if<KeptScan>(&*state);
    if (kept == nullptr) return out.fail(scan_not_found());
    // What was closed is answered by its lane: this request again, or a refusal.
    if (kept->fate != ScanFate::kOpen) return close({});
    v1::RecordScansRequest scans;
    *scans.add_scans() = scan_of(kept->scan);
    scans_.record(call, scans, [out, close](const Result<v1::RecordScansResponse>& taken) {
      if (!taken) return out.fail(taken.error());
      const auto& result = taken->results(0);
      if (result.has_failure()) return out.fail(error_of(result.failure()));
      close(result.shipment());
    });
  });
}

void PostalApi::dismiss(const rpc::Call& call, const v1::DismissScanRequest& request,
                        const Out<v1::DismissScanResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.scan_id());
  if (!names) return out.fail(names.error());
  if (const auto reason = shared_kernel::api::check_reason_code(request.reason_code()); !reason)
    return out.fail(reason.error());
  submit(call, request, *names, CloseScan{ScanFate::kDismissed, request.reason_code()}, out,
         reply_with(names->dossier, out, [](std::uint64_t, const State&, v1::DismissScanResponse&) {}));
}

// ---- bags

void PostalApi::create_bag(const rpc::Call& call, const v1::CreateBagRequest& request,
                           const Out<v1::CreateBagResponse>& out) const {
  const auto names = commands_.creating(request.header(), request.home_key(), call.principal);
  if (!names) return out.fail(names.error());
  const auto carrier = parts_.carriers.carrier(request.carrier());
  if (!carrier) return out.fail(carrier.error());
  Decoding in;
  CreateBag body;
  body.home = names->dossier.home;
  body.destination = request.destination();
  body.carrier = request.carrier();
  body.numbers = numbers_of(**carrier, body.home, true);
  body.lines = wire::decode_all(request.lines(), in);
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto desk = (*catalogue)->home(body.home);
  const auto from = area_of(desk ? desk->agency->code : body.home.text());
  body.clock_seconds = (*carrier)->clock_seconds;
  body.normal_minutes = normal_minutes(**carrier, from, area_of(body.destination));
  const auto checked = in.finish(0);
  if (!checked) return out.fail(checked.error());
  submit(call, request, *names, std::move(body), out, bag_reply(names->dossier, out));
}

void PostalApi::seal_bag(const rpc::Call& call, const v1::SealBagRequest& request,
                         const Out<v1::SealBagResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.bag_id());
  if (!names) return out.fail(names.error());
  submit(call, request, *names, SealBag{request.seal()}, out, bag_reply(names->dossier, out));
}

void PostalApi::open_bag(const rpc::Call& call, const v1::OpenBagRequest& request,
                         const Out<v1::OpenBagResponse>& out) const {
  const auto names = commands_.existing(request.header(), request.bag_id());
  if (!names) return out.fail(names.error());
  Decoding in;
  OpenBag body{request.seal(), wire::decode_all(request.found(), in)};
  const auto checked = in.finish(0);
  if (!checked) return out.fail(checked.error());
  submit(call, request, *names, std::move(body), out, bag_reply(names->dossier, out));
}

void PostalApi::get_bag(const rpc::Call& call, const v1::GetBagRequest& request, const Out<v1::GetBagResponse>& out) const {
  const auto name = shared_kernel::parse_dossier_name(request.bag_id());
  if (!name) return out.fail(name.error());
  read(call, *name, request.min_position(), out,
       [this, call, name = *name](const State& state, std::uint64_t revision, v1::GetBagResponse& answer) -> Result<void> {
         const auto* bag = std::get_if<Bag>(&state);
         if (bag == nullptr || !may_read(call.principal, {bag->sender, bag->shipment.destination}))
           return failure(bag_not_found());
         show(name, revision, *bag, *answer.mutable_bag());
         auto text = manifest_text(name, *bag);
         auto json = manifest_json(name, *bag);
         if (!text) return failure(text.error());
         if (!json) return failure(json.error());
         answer.set_manifest_text(*std::move(text));
         answer.set_manifest_json(*std::move(json));
         return {};
       });
}

void PostalApi::list_bags(const rpc::Call& call, const v1::ListBagsRequest& request,
                          const Out<v1::ListBagsResponse>& out) const {
  if (!may_read(call.principal, {request.agency()})) return out.fail(shared_kernel::api::not_granted(Action::kReadPost));
  const shared_kernel::api::ListQuery wanted{
      "postal-dispatch", parts_.gateway.partition_count(), "bags", {request.agency() + bag_key(request.filter())}};
  list(wanted, request.page(), out, [](const auto& entry, const State& state, auto& answer) {
    const auto* bag = std::get_if<Bag>(&state);
    if (bag != nullptr) show({bag->home, entry.hit.dossier}, entry.value.dossier_seq(), *bag, *answer.add_bags());
  });
}

// ---- cash

void PostalApi::declare(const rpc::Call& call, const v1::DeclareSettlementRequest& request,
                        const Out<v1::DeclareSettlementResponse>& out) const {
  const auto home = HomeKey::parse(request.home_key());
  if (!home) return out.fail(home.error());
  const auto day = shared_kernel::parse_day(request.day());
  if (!day) return out.fail(day.error());
  if (const auto carrier = parts_.carriers.carrier(request.carrier()); !carrier) return out.fail(carrier.error());
  const auto name = settlement_name(*home, request.carrier(), *day);
  const auto names = commands_.existing(request.header(), shared_kernel::format_dossier_name(name));
  if (!names) return out.fail(names.error());
  Decoding in;
  DeclareSettlement body{*home, request.carrier(), *day, wire::decode_all(request.lines(), in),
                         in.take(wire::decode_amount(request.paid()))};
  const auto checked = in.finish(0);
  if (!checked) return out.fail(checked.error());
  submit(call, request, *names, std::move(body), out,
         reply_with(name, out, [](std::uint64_t, const State& state, v1::DeclareSettlementResponse& answer) {
           if (const auto* settlement = std::get_if<Settlement>(&state)) show(*settlement, *answer.mutable_settlement());
         }));
}

void PostalApi::list_settlements(const rpc::Call& call, const v1::ListSettlementsRequest& request,
                                 const Out<v1::ListSettlementsResponse>& out) const {
  const auto home = HomeKey::parse(request.home_key());
  if (!home) return out.fail(home.error());
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto desk = (*catalogue)->home(*home);
  if (!desk || !may_read(call.principal, {desk->agency->code}))
    return out.fail(shared_kernel::api::not_granted(Action::kReadPost));
  shared_kernel::api::ListQuery wanted{"postal-dispatch", parts_.gateway.partition_count(), "settlements", {}};
  for (const auto& carrier : parts_.carriers.all()) {
    if (request.carrier().empty() || request.carrier() == carrier.id)
      wanted.keys.push_back(home->text() + '/' + carrier.id + settlement_key(request.state()));
  }
  if (wanted.keys.empty()) return out.fail(parts_.carriers.carrier(request.carrier()).error());
  list(wanted, request.page(), out, [](const auto&, const State& state, auto& answer) {
    if (const auto* settlement = std::get_if<Settlement>(&state)) show(*settlement, *answer.add_settlements());
  });
}

void PostalApi::get_settlement(const rpc::Call& call, const v1::GetSettlementRequest& request,
                               const Out<v1::GetSettlementResponse>& out) const {
  const auto home = HomeKey::parse(request.home_key());
  if (!home) return out.fail(home.error());
  const auto day = shared_kernel::parse_day(request.day());
  if (!day) return out.fail(day.error());
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  const auto desk = (*catalogue)->home(*home);
  if (!desk || !may_read(call.principal, {desk->agency->code})) return out.fail(settlement_not_found());
  read(call, settlement_name(*home, request.carrier(), *day), request.min_position(), out,
       [](const State& state, std::uint64_t, v1::GetSettlementResponse& answer) -> Result<void> {
         const auto* settlement = std::get_if<Settlement>(&state);
         if (settlement == nullptr) return failure(settlement_not_found());
         show(*settlement, *answer.mutable_settlement());
         return {};
       });
}

}  // namespace lienthong::postal_dispatch
