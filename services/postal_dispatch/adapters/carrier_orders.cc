#include "postal_dispatch/adapters/carrier_orders.h"

#include "postal_dispatch/adapters/state_codec.h"
#include "postal_dispatch/core/decider.h"
#include "postal_dispatch/core/post_draft.h"
#include "shared_kernel/catalogue.h"
#include "shared_kernel/dossier_id.h"

#include <algorithm>
#include <cstdlib>
#include <future>
#include <utility>

namespace lienthong::postal_dispatch {
namespace {

using std::chrono::milliseconds;

constexpr milliseconds kReadAgain{500};
constexpr std::uint32_t kDoublingsMax = 20;

std::string contents_of(const Shipment& shipment) {
  std::string out;
  for (const auto& paper : shipment.papers) {
    if (!out.empty()) out += ", ";
    out += paper.code + " x" + std::to_string(paper.count);
  }
  return out;
}

Party party_of(const v1::Address& address) {
  std::string line = address.line();
  if (!address.commune().empty()) line += ", " + address.commune();
  return {address.name(), address.phone(), std::move(line), address.province(), address.district()};
}

}  // namespace

std::string order_number(const DossierName& dossier, std::uint32_t shipment) {
  return shared_kernel::format_dossier_name(dossier) + '-' + std::to_string(shipment);
}

CarrierOrders::CarrierOrders(CarrierOrdersParts parts, std::size_t threads) : parts_(std::move(parts)) {
  for (std::size_t i = 0; i < std::max<std::size_t>(threads, 1); ++i) threads_.emplace_back([this] { run(); });
}

CarrierOrders::~CarrierOrders() { stop(); }

void CarrierOrders::start(ledger::EffectCall call) {
  {
    const std::lock_guard lock(mutex_);
    if (stopping_ || !open_.insert(call.key).second) return;
    waiting_.emplace(Steady::now(), Task{std::move(call), 0});
  }
  wake_.notify_one();
}

void CarrierOrders::drop(const LedgerPartition& partition) {
  const std::lock_guard lock(mutex_);
  std::erase_if(waiting_, [&](const auto& entry) {
    if (entry.second.call.key.partition != partition) return false;
    open_.erase(entry.second.call.key);
    return true;
  });
}

void CarrierOrders::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    waiting_.clear();
  }
  wake_.notify_all();
  for (auto& thread : threads_) {
    if (thread.joinable()) thread.join();
  }
}

std::size_t CarrierOrders::open() const {
  const std::lock_guard lock(mutex_);
  return open_.size();
}

void CarrierOrders::run() {
  std::unique_lock lock(mutex_);
  while (!stopping_) {
    if (waiting_.empty()) {
      wake_.wait(lock);
      continue;
    }
    const auto due = waiting_.begin()->first;
    if (due > Steady::now()) {
      wake_.wait_until(lock, due);
      continue;
    }
    const auto first = waiting_.begin();
    Task task = std::move(first->second);
    waiting_.erase(first);
    lock.unlock();
    auto result = attempt(task);
    lock.lock();
    if (result.again && !stopping_) {
      waiting_.emplace(Steady::now() + *result.again, std::move(task));
      continue;
    }
    open_.erase(task.call.key);
    if (!result.report || stopping_) continue;
    lock.unlock();
    const auto& key = task.call.key;
    parts_.report(key.partition, {key.dossier, key.dossier_seq, key.index, 1, encode_report(*result.report)});
    lock.lock();
  }
}

Result<std::optional<State>> CarrierOrders::read(const ledger::EffectCall& call) const {
  auto promise = std::make_shared<std::promise<ledger::Reply>>();
  auto answer = promise->get_future();
  ledger::ReadRequest request;
  request.dossier = call.key.dossier;
  request.reply = [promise](ledger::Reply reply) { promise->set_value(std::move(reply)); };
  parts_.gateway.read(call.key.partition.partition, std::move(request));
  while (answer.wait_for(milliseconds(100)) != std::future_status::ready) {
    if (stopping_) return std::optional<State>();
  }
  const auto reply = answer.get();
  if (reply.error) return failure(*reply.error);
  if (reply.value == nullptr) return std::optional<State>();
  auto state = decode_state(reply.value->state());
  if (!state) return failure(state.error());
  return std::optional<State>(*std::move(state));
}

void show_away(const std::string& carrier, const char* calls, bool away, observe::Metrics& out) {
  out.gauge("lienthong_carrier_away", "1 while the carrier does not answer, by what it is called for.",
            {{"carrier", carrier}, {"calls", calls}}, away ? 1 : 0);
}

/// How long a carrier that was away a moment ago is left alone. One task gets through at a time.
std::optional<milliseconds> CarrierOrders::held_up(const ConnectedCarrier& carrier) {
  const std::lock_guard lock(mutex_);
  auto& line = lines_[carrier.settings.http.carrier];
  const auto now = Steady::now();
  if (now >= line.free_at) {
    if (line.away || line.no_quota) line.free_at = now + carrier.settings.retry_first;
    return std::nullopt;
  }
  return std::chrono::duration_cast<milliseconds>(line.free_at - now) + milliseconds(1);
}

void CarrierOrders::note_answer(const std::string& carrier, const CarrierAnswer& answer) {
  bool news_of_away = false;
  bool news_of_quota = false;
  {
    const std::lock_guard lock(mutex_);
    auto& line = lines_[carrier];
    const bool away = answer.what == Answered::kAway;
    const bool no_quota = answer.what == Answered::kQuota;
    news_of_away = away && !line.away;
    news_of_quota = no_quota && !line.no_quota;
    line.away = away;
    // A question is answered although no order is taken.
    if (no_quota || answer.what == Answered::kDone) line.no_quota = no_quota;
    if (!away && !line.no_quota) line.free_at = {};
  }
  if (news_of_away) parts_.alarm("CARRIER_AWAY", carrier + ": " + answer.reason);
  if (news_of_quota) parts_.alarm("CARRIER_QUOTA_USED_UP", carrier);
}

void CarrierOrders::collect(observe::Metrics& out) const {
  const std::lock_guard lock(mutex_);
  for (const auto& [carrier, connected] : parts_.carriers) {
    const auto found = lines_.find(carrier);
    const Line line = found == lines_.end() ? Line{} : found->second;
    show_away(carrier, "orders", line.away, out);
    out.gauge("lienthong_carrier_quota_used_up", "1 while orders wait because the carrier takes no more for now.",
              {{"carrier", carrier}}, line.no_quota ? 1 : 0);
  }
}

CarrierOrders::Attempt CarrierOrders::later(Task& task, const ConnectedCarrier& carrier, const CarrierAnswer& answer) {
  const auto& settings = carrier.settings;
  auto pause = settings.retry_first * (std::int64_t{1} << std::min(task.attempts++, kDoublingsMax));
  if (answer.what == Answered::kQuota || pause > settings.retry_max) pause = settings.retry_max;
  const std::lock_guard lock(mutex_);
  auto& line = lines_[settings.http.carrier];
  line.free_at = std::max(line.free_at, Steady::now() + pause);
  return {std::nullopt, pause};
}

CarrierOrders::Attempt CarrierOrders::attempt(Task& task) {
  const auto state = read(task.call);
  if (!state) {
    // Whoever owns the lane now is asked to carry it out.
    if (state.error().reason == "NOT_OWNER") return {};
    return {std::nullopt, kReadAgain};
  }
  if (stopping_) return {};
  const auto number = static_cast<std::uint32_t>(std::strtoul(task.call.payload.c_str(), nullptr, 10));
  const Shipment* shipment = *state ? find_shipment(**state, number) : nullptr;
  if (shipment == nullptr) return {Report{"", "SHIPMENT_NOT_FOUND"}, {}};
  const auto found = parts_.carriers.find(shipment->carrier);
  if (found == parts_.carriers.end()) {
    parts_.unknown(task.call);
    return {};
  }
  auto& carrier = found->second;
  const bool cancels = static_cast<IntentType>(task.call.type) == IntentType::kCancelOrder;
  // Nothing was ordered, or the answer to the order is on its way to the ledger.
  if (cancels && shipment->order == OrderState::kPlacing) return {std::nullopt, carrier.settings.retry_first};
  if (cancels && shipment->order != OrderState::kPlaced) return {Report{}, {}};
  if (!cancels && shipment->order != OrderState::kPlacing) return {Report{"", "ORDER_OVER"}, {}};
  if (const auto pause = held_up(carrier)) return {std::nullopt, pause};
  const auto name = order_number({home_of(**state), task.call.key.dossier}, number);
  return cancels ? cancel(task, name, carrier) : place(task, **state, *shipment, carrier);
}

CarrierOrders::Attempt CarrierOrders::cancel(Task& task, const std::string& number, ConnectedCarrier& carrier) {
  const auto answer = carrier.connection->cancel(number, stopping_);
  if (!answer) return {};
  note_answer(carrier.settings.http.carrier, *answer);
  switch (answer->what) {
    case Answered::kDone:
    case Answered::kUnknown: return {Report{}, {}};
    case Answered::kUnderway: return {Report{"", "UNDERWAY"}, {}};
    case Answered::kRefused: return {Report{"", answer->reason}, {}};
    case Answered::kQuota:
    case Answered::kAway: break;
  }
  return later(task, carrier, *answer);
}

CarrierOrders::Attempt CarrierOrders::place(Task& task, const State& state, const Shipment& shipment,
                                            ConnectedCarrier& carrier) {
  const auto name = order_number({home_of(state), task.call.key.dossier}, shipment.number);
  auto answer = carrier.connection->find(name, stopping_);
  if (!answer) return {};
  if (answer->what == Answered::kUnknown) {
    note_answer(carrier.settings.http.carrier, *answer);
    // Called off before the carrier knew of it.
    if (standing_of(shipment).ended) return {Report{"", "SHIPMENT_ENDED"}, {}};
    const auto order = order_of(task.call, state, shipment, carrier.settings);
    if (!order) {
      const auto code = order.error().code;
      if (code == ErrorCode::kUnavailable || code == ErrorCode::kDeadlineExceeded || code == ErrorCode::kResourceExhausted)
        return {std::nullopt, carrier.settings.retry_first};
      return {Report{"", order.error().reason}, {}};
    }
    answer = carrier.connection->order(*order, stopping_);
    if (!answer) return {};
  }
  note_answer(carrier.settings.http.carrier, *answer);
  if (answer->what == Answered::kDone) return {Report{answer->item, ""}, {}};
  if (answer->what == Answered::kRefused) return {Report{"", answer->reason}, {}};
  return later(task, carrier, *answer);
}

Result<CarrierOrder> CarrierOrders::order_of(const ledger::EffectCall& call, const State& state, const Shipment& shipment,
                                             const CarrierSettings& settings) const {
  const auto latest = parts_.rules.latest();
  if (!latest) return failure(shared_kernel::catalogue_missing());
  const auto& catalogue = static_cast<const shared_kernel::Catalogue&>(*latest->rules);
  const DossierName dossier{home_of(state), call.key.dossier};
  const auto desk_of = [&](const std::string& agency) {
    const auto* known = catalogue.agency(agency);
    Party out;
    out.name = out.address = known == nullptr ? agency : known->name.vi;
    out.province = settings.province;
    out.phone = settings.phone;
    const auto office = settings.offices.find(dossier.home.text());
    if (office == settings.offices.end() || agency != shipment.agency) return out;
    if (!office->second.name.empty()) out.name = office->second.name;
    if (!office->second.address.empty()) out.address = office->second.address;
    if (!office->second.phone.empty()) out.phone = office->second.phone;
    return out;
  };
  CarrierOrder out;
  out.number = order_number(dossier, shipment.number);
  out.contents = contents_of(shipment);
  out.cod_amount = shipment.cod_amount;
  if (const auto* post = std::get_if<DossierPost>(&state)) out.description = post->dossier_code;
  const bool from_citizen = shipment.kind == ShipmentKind::kToDesk;
  const bool to_citizen = !from_citizen && shipment.destination.empty();
  if ((from_citizen || to_citizen) && !shipment.address) {
    return failure({ErrorCode::kFailedPrecondition, "ADDRESS_MISSING",
                    "Bưu gửi không có địa chỉ; hãy lập bưu gửi mới có địa chỉ.",
                    "The shipment has no address; make another one with an address."});
  }
  out.pick_up = from_citizen;
  out.sender = desk_of(shipment.agency);
  out.receiver = desk_of(to_citizen || from_citizen ? shipment.agency : shipment.destination);
  if (!from_citizen && !to_citizen) return out;
  const auto address = parts_.addresses(dossier, shipment.number, *shipment.address);
  if (!address) return failure(address.error());
  (from_citizen ? out.sender : out.receiver) = party_of(*address);
  return out;
}

}  // namespace lienthong::postal_dispatch
