#include "notification/adapters/webhook_engine.h"

#include "notification/adapters/command_codec.h"
#include "notification/adapters/state_codec.h"
#include "platform/base/encoding.h"
#include "platform/crypto/seal.h"
#include "platform/crypto/sha256.h"
#include "shared_kernel/local_time.h"

#include <google/protobuf/descriptor.h>
#include <google/protobuf/message.h>

#include <algorithm>
#include <set>

namespace lienthong::notification {

using shared_kernel::Catalogue;
using shared_kernel::WebhookSubscription;

namespace {

constexpr Duration kAskMax = std::chrono::seconds(10);
/// A report holds no more, so that it stays far below the size of a decision.
constexpr std::size_t kTriedOfReport = 256;
/// Blocks without an event for the subscriber after which its position is written all the same.
constexpr std::uint64_t kSilentBlocks = 4096;

RequestId new_request() {
  RequestId id = *RequestId::from(crypto::random_bytes(RequestId::kSize));
  id.bytes[6] = static_cast<std::uint8_t>((id.bytes[6] & 0x0F) | 0x80);
  id.bytes[8] = static_cast<std::uint8_t>((id.bytes[8] & 0x3F) | 0x80);
  return id;
}

/// The agency an event names, empty if none.
std::string agency_of(const relay::PublicEvent& event) {
  const auto* type = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(event.data_schema);
  const auto* field = type != nullptr ? type->FindFieldByName("agency") : nullptr;
  if (field == nullptr || field->cpp_type() != google::protobuf::FieldDescriptor::CPPTYPE_STRING || field->is_repeated())
    return "";
  const std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(type)->New());
  if (!message->ParseFromString(event.data)) return "";
  return message->GetReflection()->GetString(*message, field);
}

bool holds(const std::vector<std::string>& list, const std::string& one) {
  return list.empty() || std::find(list.begin(), list.end(), one) != list.end();
}

EventMask wanted_types(const relay::PublicEvents& events, const WebhookSubscription& subscription) {
  if (subscription.types.empty()) return events.mask();
  EventMask mask = 0;
  for (const auto& type : subscription.types) mask |= events.type_mask(type);
  return mask;
}

}  // namespace

DossierId line_id(std::string_view subscription, std::uint32_t partition) {
  const auto hash = crypto::sha256({"line1", subscription, "|", std::to_string(partition)});
  return *DossierId::from(hash.view().substr(0, DossierId::kSize));
}

/// An event on its way.
struct WebhookEngine::Item {
  enum class State : std::uint8_t {
    kAsk,    ///< Whether it concerns the subscriber is to be found out.
    kReady,  ///< To be sent when its turn and its time have come.
    kUnder,  ///< Being asked or sent.
    kDone,   ///< With the subscriber, given up, or not for it.
  };
  std::uint64_t number = 0;
  std::size_t ledger = 0;
  std::uint64_t block_seq = 0;
  relay::PublicEvent event;
  State state = State::kReady;
  Instant next_at;  ///< On the steady clock.
  Instant failing_since;
  std::uint32_t attempts = 0;
  std::string reason_code;
};

struct WebhookEngine::Line {
  /// A block with events that are not done yet.
  struct OpenBlock {
    LinePosition begins;
    std::size_t left = 0;
  };

  LineKey key;
  DossierId id;
  bool looking = false;
  bool opening = false;

  // Of a run, from `begin` to `end`.
  std::uint64_t run = 0;  ///< 0: it does not run here.
  WebhookLine stored;
  std::unique_ptr<LineReader> reader;
  std::deque<Item> items;
  std::size_t under = 0;
  Instant in_peace_until;                   ///< On the steady clock: the subscriber asked to be sent nothing before.
  std::vector<std::deque<OpenBlock>> open;  ///< By ledger.
  std::uint64_t silent_blocks = 0;
  std::vector<DeliveryTried> tried;  ///< Not reported yet.
  bool moved = false;
  Instant report_at;
  std::optional<ReportDeliveries> pending;  ///< On its way to the ledger.
  std::size_t pending_tried = 0;
  RequestId pending_request;
  bool submitted = false;
  Instant submit_at;
  std::string suspend_reason;
  std::uint64_t next_item = 1;
};

WebhookEngine::WebhookEngine(WebhookParts parts, WebhookSettings settings)
    : parts_(std::move(parts)), settings_(std::move(settings)), thread_([this] { run(); }) {}

WebhookEngine::~WebhookEngine() { stop(); }

void WebhookEngine::stop() {
  if (stopping_.exchange(true)) return;
  mailbox_.close();
  thread_.join();
  std::map<std::string, std::unique_ptr<DeliveryPool>> pools;
  {
    const std::lock_guard lock(pools_mutex_);
    pools.swap(pools_);
  }
}

void WebhookEngine::on_log(ports::LogMessage message) {
  post([this, message = std::move(message)] {
    if (const auto* record = std::get_if<ports::Fetched>(&message)) return fetched(*record);
    const auto* failed = std::get_if<ports::FollowFailed>(&message);
    if (failed == nullptr) return;
    for (auto& [key, line] : lines_) {
      if (!line->reader || !line->reader->takes(failed->follow)) continue;
      parts_.alarms({"notification", key.second}, "WEBHOOK_READ_FAILED", key.first + ": " + failed->detail);
      end(*line);
    }
  });
}

const OwnDestination* WebhookEngine::own(const std::string& id) const {
  for (const auto& destination : parts_.own) {
    if (destination.subscription.id == id) return &destination;
  }
  return nullptr;
}

std::optional<WebhookSubscription> WebhookEngine::subscription(const std::string& id) const {
  if (const auto* destination = own(id)) return destination->subscription;
  const auto latest = parts_.rules.latest();
  const auto* found = latest ? static_cast<const Catalogue&>(*latest->rules).contents().notices.webhook(id) : nullptr;
  return found != nullptr ? std::optional(*found) : std::nullopt;
}

std::vector<std::string> WebhookEngine::subscriptions() const {
  std::vector<std::string> out;
  for (const auto& destination : parts_.own) out.push_back(destination.subscription.id);
  // Without keys the catalogue's subscribers are not this process's affair.
  if (settings_.targets.keys_directory.empty()) return out;
  if (const auto latest = parts_.rules.latest()) {
    for (const auto& one : static_cast<const Catalogue&>(*latest->rules).contents().notices.webhooks) out.push_back(one.id);
  }
  return out;
}

void WebhookEngine::run() {
  log_ = parts_.log.attach(*this);
  std::vector<Task> tasks;
  const auto wait = [this] {
    const bool runs = std::any_of(lines_.begin(), lines_.end(), [](const auto& entry) { return entry.second->run != 0; });
    return runs ? std::min<Duration>(settings_.look_every, std::chrono::milliseconds(100)) : settings_.look_every;
  };
  while (mailbox_.take(tasks, wait())) {
    for (auto& task : tasks) task();
    tasks.clear();
    tick();
  }
  lines_.clear();
  log_.reset();
}

void WebhookEngine::tick() {
  const Instant now = parts_.clock.steady();
  if (now >= next_tick_) {
    next_tick_ = now + settings_.look_every;
    std::set<LineKey> wanted;
    for (const auto& id : subscriptions()) {
      for (std::uint32_t p = 0; p < parts_.gateway.partition_count(); ++p) wanted.emplace(id, p);
    }
    for (auto it = lines_.begin(); it != lines_.end();) {
      if (wanted.contains(it->first)) {
        ++it;
      } else {
        end(*it->second);
        it = lines_.erase(it);
      }
    }
    for (const auto& key : wanted) {
      auto& line = lines_[key];
      if (line == nullptr) {
        line = std::make_unique<Line>();
        line->key = key;
        line->id = line_id(key.first, key.second);
      }
      look(*line);
    }
  }
  for (auto& [key, line] : lines_) {
    if (line->run != 0) pump(*line);
  }
}

// Whether the line runs, and where, is read from the ledger again and again: the partition may have gone to another process,
// an operator may have had it go on.
void WebhookEngine::look(Line& line) {
  if (line.looking) return;
  line.looking = true;
  ledger::ReadRequest request;
  request.dossier = line.id;
  request.deadline = parts_.clock.steady() + kAskMax;
  request.reply = [this, key = line.key](const ledger::Reply& reply) { post([this, key, reply] { seen(key, reply); }); };
  parts_.gateway.read(line.key.second, std::move(request));
}

void WebhookEngine::seen(const LineKey& key, const ledger::Reply& reply) {
  const auto found = lines_.find(key);
  if (found == lines_.end()) return;
  Line& line = *found->second;
  line.looking = false;
  if (reply.error) {
    if (reply.error->reason == "NOT_OWNER") end(line);
    return;
  }
  if (reply.value == nullptr) return open(line);
  const auto state = decode_state(reply.value->state());
  if (!state || !state->line) return;
  {
    const std::lock_guard lock(pools_mutex_);
    suspended_[key] = !state->line->runs();
  }
  if (line.run != 0 && line.stored.epoch == state->line->epoch) return;
  end(line);
  if (state->line->runs()) begin(line, *state->line);
}

void WebhookEngine::open(Line& line) {
  const auto wish = subscription(line.key.first);
  if (!wish || line.opening) return;
  line.opening = true;
  const Instant since = shared_kernel::instant_of(shared_kernel::minute_of(wish->since, 0));
  auto request = command(line, OpenLine{wish->id, since}, new_request());
  request.reply = [this, key = line.key](const ledger::Reply&) {
    post([this, key] {
      if (const auto found = lines_.find(key); found != lines_.end()) found->second->opening = false;
    });
  };
  parts_.gateway.submit(line.key.second, std::move(request));
}

void WebhookEngine::begin(Line& line, const WebhookLine& stored) {
  line.run = next_run_++;
  line.stored = stored;
  line.open.assign(parts_.ledgers.size(), {});
  line.report_at = parts_.clock.steady() + settings_.report_every;
  line.reader = std::make_unique<LineReader>(*log_, parts_.ledgers, line.key.second, stored.positions, next_follow_);
  next_follow_ += parts_.ledgers.size();
}

void WebhookEngine::end(Line& line) {
  Line fresh;
  fresh.key = line.key;
  fresh.id = line.id;
  fresh.looking = line.looking;
  fresh.opening = line.opening;
  line = std::move(fresh);
}

WebhookEngine::Line* WebhookEngine::find(const LineKey& key, std::uint64_t run) {
  const auto found = lines_.find(key);
  return found != lines_.end() && found->second->run == run ? found->second.get() : nullptr;
}

void WebhookEngine::fetched(const ports::Fetched& record) {
  for (auto& [key, line] : lines_) {
    if (!line->reader || !line->reader->takes(record.follow)) continue;
    if (!line->reader->take(record)) suspend(*line, "LEDGER_HISTORY");
    return;
  }
}

void WebhookEngine::pump(Line& line) {
  if (line.suspend_reason.empty()) {
    fill(line);
    std::set<std::string_view> blocked;
    const Instant now = parts_.clock.steady();
    for (auto& item : line.items) {
      if (item.state == Item::State::kDone) continue;
      // What comes behind it in its dossier waits, whether it is on its way, to be repeated, or waits itself.
      if (!blocked.insert(item.event.subject).second || item.state == Item::State::kUnder || item.next_at > now) continue;
      if (line.under >= settings_.parallel_of_line) break;
      if (item.state == Item::State::kAsk) {
        ask(line, item);
      } else if (line.in_peace_until <= now) {
        send(line, item);
      }
    }
    settle(line);
  }
  report(line);
}

// Looks at further blocks while the window has room. A block is taken whole, so that a position never stands inside of one.
void WebhookEngine::fill(Line& line) {
  while (line.items.size() < settings_.window) {
    const auto block = line.reader->next();
    if (!block) return;
    if (!gather(line, *block)) return suspend(line, "LEDGER_UNREADABLE");
  }
}

bool WebhookEngine::gather(Line& line, const LineReader::Block& block) {
  const auto wish = subscription(line.key.first);
  const auto& source = parts_.ledgers[block.ledger];
  ++line.silent_blocks;
  if (!wish || block.block->core().decided_at() < line.stored.since.micros) return true;
  const auto wanted = wanted_types(source.events, *wish);
  const bool restricted = !wish->agencies.empty() || !wish->procedures.empty();
  Line::OpenBlock open{line.reader->position_of(block), 0};
  for (std::size_t leaf = 0; leaf < block.block->leaf_count(); ++leaf) {
    if ((block.block->leaf_events(leaf) & wanted) == 0) continue;
    auto events = source.events.of_leaf({source.name, line.key.second}, *block.block, leaf, wanted);
    if (!events) return false;
    for (auto& event : *events) {
      const auto& given_up = line.stored.given_up;
      if (std::find(given_up.begin(), given_up.end(), event.id) != given_up.end()) continue;
      Item item;
      item.number = line.next_item++;
      item.ledger = block.ledger;
      item.block_seq = open.begins.block_seq;
      item.state = restricted ? Item::State::kAsk : Item::State::kReady;
      for (const auto& failing : line.stored.failing) {
        if (failing.event != event.id) continue;
        item.failing_since = failing.since;
        item.attempts = failing.attempts;
        item.reason_code = failing.reason_code;
      }
      item.event = std::move(event);
      line.items.push_back(std::move(item));
      ++open.left;
    }
  }
  if (open.left > 0) line.open[block.ledger].push_back(std::move(open));
  return true;
}

// Agency and procedure of a dossier are fixed when it is handed in, and notification learns of them before long.
void WebhookEngine::ask(Line& line, Item& item) {
  const auto dossier = from_base32(item.event.subject, DossierId::kSize);
  if (!dossier) {
    item.state = Item::State::kDone;
    return;
  }
  item.state = Item::State::kUnder;
  ++line.under;
  ledger::ReadRequest request;
  request.dossier = *DossierId::from(*dossier);
  request.deadline = parts_.clock.steady() + kAskMax;
  request.reply = [this, key = line.key, run = line.run, number = item.number](const ledger::Reply& reply) {
    post([this, key, run, number, reply] {
      Line* asked = find(key, run);
      if (asked == nullptr) return;
      --asked->under;
      const auto found = std::find_if(asked->items.begin(), asked->items.end(),
                                      [&](const Item& candidate) { return candidate.number == number; });
      if (found == asked->items.end()) return;
      const auto wish = subscription(key.first);
      const auto state = reply.value ? decode_state(reply.value->state()) : Result<State>(State{});
      if (reply.error || !wish || !state || state->procedure_code.empty() || state->received_by.empty()) {
        found->state = Item::State::kAsk;
        found->next_at = parts_.clock.steady() + std::chrono::milliseconds(200);
        return;
      }
      const bool concerned = holds(wish->procedures, state->procedure_code) &&
                             (holds(wish->agencies, state->received_by) || holds(wish->agencies, agency_of(found->event)));
      found->state = concerned ? Item::State::kReady : Item::State::kDone;
      asked->moved = asked->moved || !concerned;
    });
  };
  parts_.gateway.read(line.key.second, std::move(request));
}

void WebhookEngine::send(Line& line, Item& item) {
  const auto wish = subscription(line.key.first);
  if (!wish) return;
  item.state = Item::State::kUnder;
  ++line.under;
  const auto bring = [this, to = *wish, own = own(line.key.first), partition = line.key.second, tries = item.attempts](
                         const relay::PublicEvent& event, http::Client& connection) {
    if (own != nullptr) return own->bring(event, partition, tries, stopping_);
    return deliver(connection, settings_.targets, to, event, parts_.clock.now(), stopping_);
  };
  const std::lock_guard lock(pools_mutex_);
  pool(wish->id).add(
      [this, key = line.key, run = line.run, number = item.number, event = item.event, bring](http::Client& connection) {
        const auto answer = bring(event, connection);
        post([this, key, run, number, answer] { sent(key, run, number, answer); });
      });
}

DeliveryPool& WebhookEngine::pool(const std::string& subscription) {
  auto& pool = pools_[subscription];
  if (pool == nullptr) pool = std::make_unique<DeliveryPool>(settings_.threads_of_subscription);
  return *pool;
}

void WebhookEngine::sent(const LineKey& key, std::uint64_t run, std::uint64_t number, const WebhookAnswer& answer) {
  Line* line = find(key, run);
  if (line == nullptr || answer.stopped) return;
  --line->under;
  const auto item = std::find_if(line->items.begin(), line->items.end(),
                                 [&](const Item& candidate) { return candidate.number == number; });
  if (item == line->items.end()) return;
  ++item->attempts;
  line->moved = true;
  line->tried.push_back(
      {item->event.id, answer.delivered, item->attempts, answer.status, answer.reason_code, parts_.clock.now()});
  {
    const std::lock_guard lock(pools_mutex_);
    auto& counts = counts_[key.first];
    ++(answer.delivered ? counts.delivered : counts.failed);
  }
  if (answer.delivered) {
    item->state = Item::State::kDone;
  } else {
    failed(*line, *item, answer);
  }
}

void WebhookEngine::failed(Line& line, Item& item, const WebhookAnswer& answer) {
  const Instant now = parts_.clock.now();
  if (item.failing_since.micros == 0) item.failing_since = now;
  item.reason_code = answer.reason_code;
  item.state = Item::State::kReady;
  Duration pause = settings_.first_backoff;
  for (std::uint32_t i = 1; i < item.attempts && pause < settings_.max_backoff; ++i) pause *= 2;
  pause = std::min(pause, settings_.max_backoff);
  const Instant steady = parts_.clock.steady();
  if (answer.retry_after > Duration::zero()) {
    pause = std::clamp<Duration>(answer.retry_after, settings_.first_backoff, settings_.max_backoff);
    line.in_peace_until = steady + pause;
  }
  item.next_at = steady + pause;
  // 410: the subscriber says it wants nothing more. Source: RFC 9110, 15.5.11.
  if (answer.status == 410) return suspend(line, "HTTP_410");
  if (now - item.failing_since >= settings_.give_up_after) suspend(line, item.reason_code);
}

// Forgets what is done and notes how far the line is.
void WebhookEngine::settle(Line& line) {
  for (auto& item : line.items) {
    if (item.state != Item::State::kDone || item.number == 0) continue;
    auto& open = line.open[item.ledger];
    const auto block = std::find_if(open.begin(), open.end(), [&](const Line::OpenBlock& candidate) {
      return candidate.begins.block_seq == item.block_seq;
    });
    if (block != open.end()) --block->left;
    item.number = 0;
    line.moved = true;
  }
  while (!line.items.empty() && line.items.front().state == Item::State::kDone) line.items.pop_front();
  for (auto& open : line.open) {
    while (!open.empty() && open.front().left == 0) open.pop_front();
  }
}

void WebhookEngine::report(Line& line) {
  const Instant now = parts_.clock.steady();
  if (line.pending) {
    if (!line.submitted && now >= line.submit_at) submit(line);
    return;
  }
  const bool due = line.moved && (now >= line.report_at || line.tried.size() >= kTriedOfReport);
  if (!due && line.silent_blocks < kSilentBlocks && line.suspend_reason.empty()) return;
  DeliveriesReported body;
  body.positions = line.reader->positions();
  for (std::size_t i = 0; i < line.open.size(); ++i) {
    if (!line.open[i].empty()) body.positions[i] = line.open[i].front().begins;
  }
  line.pending_tried = std::min(line.tried.size(), kTriedOfReport);
  body.tried.assign(line.tried.begin(), line.tried.begin() + static_cast<std::ptrdiff_t>(line.pending_tried));
  for (const auto& item : line.items) {
    if (item.state == Item::State::kDone || item.failing_since.micros == 0) continue;
    body.failing.push_back({item.event.id, item.failing_since, item.attempts, item.reason_code});
  }
  body.suspended = line.suspend_reason;
  line.pending = ReportDeliveries{line.stored.epoch, std::move(body)};
  line.pending_request = new_request();
  line.moved = false;
  line.silent_blocks = 0;
  submit(line);
}

void WebhookEngine::submit(Line& line) {
  auto request = command(line, *line.pending, line.pending_request);
  request.reply = [this, key = line.key, run = line.run](const ledger::Reply& reply) {
    post([this, key, run, reply] { reported(key, run, reply); });
  };
  line.submitted = true;
  parts_.gateway.submit(line.key.second, std::move(request));
}

void WebhookEngine::reported(const LineKey& key, std::uint64_t run, const ledger::Reply& reply) {
  Line* line = find(key, run);
  if (line == nullptr) return;
  line->submitted = false;
  if (!reply.error) {
    const bool suspended = !line->pending->report.suspended.empty();
    line->pending.reset();
    line->tried.erase(line->tried.begin(), line->tried.begin() + static_cast<std::ptrdiff_t>(line->pending_tried));
    line->report_at = parts_.clock.steady() + settings_.report_every;
    if (suspended) end(*line);
    return;
  }
  const auto& error = *reply.error;
  const bool again = error.code == ErrorCode::kUnavailable || error.code == ErrorCode::kResourceExhausted ||
                     error.code == ErrorCode::kDeadlineExceeded;
  if (!again || error.reason == "NOT_OWNER") {
    // Overtaken, or not ours any more: what the ledger says counts. Everything not reported is repeated.
    if (error.reason != "REVISION_MISMATCH" && error.reason != "NOT_OWNER")
      parts_.alarms({"notification", key.second}, "WEBHOOK_REPORT_REFUSED", key.first + ": " + error.reason);
    return end(*line);
  }
  line->submit_at = parts_.clock.steady() + std::chrono::milliseconds(500);
}

void WebhookEngine::suspend(Line& line, const std::string& reason) const {
  if (!line.suspend_reason.empty()) return;
  line.suspend_reason = reason;
  parts_.alarms({"notification", line.key.second}, "WEBHOOK_SUSPENDED", line.key.first + ": " + reason);
}

ledger::CommandRequest WebhookEngine::command(const Line& line, const CommandBody& body, const RequestId& request) const {
  auto encoded = encode_command(body, std::nullopt);
  ledger::CommandRequest out;
  out.dossier = line.id;
  out.request = request;
  out.digest = *Digest::from(crypto::sha256({encoded.body}).view().substr(0, Digest::kSize));
  out.principal = parts_.principal;
  out.issued_at = parts_.clock.now();
  out.deadline = parts_.clock.steady() + kAskMax;
  out.type = encoded.type;
  out.body = std::move(encoded.body);
  return out;
}

bool WebhookEngine::test(const std::string& id, std::function<void(WebhookAnswer)> done) {
  const auto wish = subscription(id);
  if (!wish || own(id) != nullptr || stopping_.load()) return false;
  const std::lock_guard lock(pools_mutex_);
  pool(id).add([this, to = *wish, done = std::move(done)](http::Client& connection) {
    const Instant now = parts_.clock.now();
    done(deliver(connection, settings_.targets, to, test_event(parts_.province, now), now, stopping_));
  });
  return true;
}

void WebhookEngine::collect(observe::Metrics& metrics) {
  const std::lock_guard lock(pools_mutex_);
  for (const auto& [subscription, counts] : counts_) {
    metrics.counter("lienthong_webhook_deliveries_total", "Events taken by a subscriber.", {{"subscription", subscription}},
                    static_cast<double>(counts.delivered));
    metrics.counter("lienthong_webhook_failures_total", "Attempts to send an event that failed.",
                    {{"subscription", subscription}}, static_cast<double>(counts.failed));
  }
  std::map<std::string, std::size_t> suspended;
  for (const auto& [key, is] : suspended_) suspended[key.first] += is ? 1 : 0;
  for (const auto& [subscription, count] : suspended) {
    metrics.gauge("lienthong_webhook_suspended_lines", "Partitions whose events are not sent until an operator says so.",
                  {{"subscription", subscription}}, static_cast<double>(count));
  }
}

}  // namespace lienthong::notification
