#include "shared_kernel/api/parked_api.h"

#include "platform/base/encoding.h"
#include "platform/ledger/decide.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"

#include <algorithm>
#include <charconv>
#include <condition_variable>
#include <map>
#include <utility>
#include <variant>

namespace lienthong::shared_kernel::api {
namespace {

namespace ledger_v1 = ::lienthong::ledger::v1;
using ResumeAction = ledger_v1::Cause::Resume::Action;

constexpr std::size_t kActorBytesMax = 64;
constexpr std::size_t kNoteBytesMax = 500;
constexpr auto kSourceAnswerMax = std::chrono::seconds(5);
constexpr std::int64_t kMicros = 1'000'000;
constexpr std::string_view kTypePrefix = "EVENT_TYPE_";

Error not_parked() {
  return {ErrorCode::kFailedPrecondition, "NOT_PARKED_HERE", "Hồ sơ không dừng ở sự kiện này; hãy xem lại hàng lỗi.",
          "The dossier is not parked at this event; look at its queue again."};
}

Error not_found() {
  return {ErrorCode::kNotFound, "DOSSIER_NOT_FOUND", "Không có hồ sơ này; hãy kiểm tra mã.",
          "There is no such dossier; check the id."};
}

// `EVENT_TYPE_LEG_OFFERED` as people read it: `LegOffered`.
std::string event_name(const google::protobuf::EnumDescriptor* types, std::uint32_t type) {
  const auto* value = types == nullptr ? nullptr : types->FindValueByNumber(static_cast<int>(type));
  if (value == nullptr) return "Event " + std::to_string(type);
  std::string_view name = value->name();
  if (name.starts_with(kTypePrefix)) name.remove_prefix(kTypePrefix.size());
  std::string out;
  bool begins = true;
  for (const char c : name) {
    if (c != '_') out += begins || c < 'A' || c > 'Z' ? c : static_cast<char>(c - 'A' + 'a');
    begins = c == '_';
  }
  return out;
}

// Of a ledger of another service, whose events this process can read or not.
const google::protobuf::EnumDescriptor* event_types_of(const LedgerName& ledger) {
  return google::protobuf::DescriptorPool::generated_pool()->FindEnumTypeByName(
      "lienthong." + ledger.substr(0, ledger.find('-')) + ".v1.EventType");
}

// Of the state itself, or of the one message it is made of.
std::string home_key_in(const google::protobuf::Message& message) {
  const auto& reflection = *message.GetReflection();
  if (const auto* field = message.GetDescriptor()->FindFieldByName("home_key"); field != nullptr) {
    return reflection.GetString(message, field);
  }
  std::vector<const google::protobuf::FieldDescriptor*> fields;
  reflection.ListFields(message, &fields);
  for (const auto* field : fields) {
    if (field->message_type() == nullptr || field->is_repeated()) continue;
    if (auto found = home_key_in(reflection.GetMessage(message, field)); !found.empty()) return found;
  }
  return {};
}

std::string home_key_of(const ParkedLedger& ledger, const std::string& state) {
  if (ledger.state == nullptr || state.empty()) return {};
  const std::unique_ptr<google::protobuf::Message> message(ledger.state->New());
  if (!message->ParseFromString(state)) return {};
  return home_key_in(*message);
}

std::optional<ResumeAction> action_of(parked_v1::ParkedAction action) {
  switch (action) {
    case parked_v1::PARKED_ACTION_RETRY: return ledger_v1::Cause::Resume::ACTION_RETRY;
    case parked_v1::PARKED_ACTION_PROPOSE_SKIP: return ledger_v1::Cause::Resume::ACTION_PROPOSE_SKIP;
    case parked_v1::PARKED_ACTION_SKIP: return ledger_v1::Cause::Resume::ACTION_SKIP;
    case parked_v1::PARKED_ACTION_UNSPECIFIED:
    case parked_v1::ParkedAction_INT_MIN_SENTINEL_DO_NOT_USE_:
    case parked_v1::ParkedAction_INT_MAX_SENTINEL_DO_NOT_USE_: break;
  }
  return std::nullopt;
}

Result<void> check_word(const parked_v1::ResumeParkedRequest& request) {
  if (auto actor = check_text(request.actor(), "actor", kActorBytesMax, true); !actor) return actor;
  if (auto reason = check_reason_code(request.reason_code()); !reason) return reason;
  if (!action_of(request.action())) {
    return failure(
        rpc::invalid_field("action", "phải là RETRY, PROPOSE_SKIP hoặc SKIP.", "must be RETRY, PROPOSE_SKIP or SKIP."));
  }
  return check_text(request.note(), "note", kNoteBytesMax, false);
}

bool is_at(const ledger_v1::SourceRef& front, const parked_v1::ParkedEvent& event) {
  return front.ledger() == event.ledger() && front.block_seq() == event.block_seq() && front.index() == event.index();
}

}  // namespace

/// Fetches single blocks, waiting for each; for the threads of the pool.
class ParkedApi::SourceReads final : private ports::LogSink {
 public:
  explicit SourceReads(ports::LogBackend& log) : backend_(log) {}
  ~SourceReads() override { log_.reset(); }

  /// Errors: kUnavailable when the log does not answer.
  Result<block::BlockPtr> read(const LedgerPartition& partition, Offset offset) {
    const ports::Ticket ticket = ask(partition, offset);
    std::unique_lock lock(mutex_);
    wake_.wait_for(lock, kSourceAnswerMax, [&] { return asked_.at(ticket).has_value(); });
    const auto answer = std::move(asked_.at(ticket));
    asked_.erase(ticket);
    if (answer) return *answer;
    return failure({ErrorCode::kUnavailable, "LOG_AWAY", "Sổ cái không trả lời; hãy thử lại sau.",
                    "The log does not answer; try again later."});
  }

 private:
  // The port takes one call at a time, and its answer may come before the call returns.
  ports::Ticket ask(const LedgerPartition& partition, Offset offset) {
    const std::lock_guard calls(calls_);
    if (!log_) log_ = backend_.attach(*this);
    const ports::Ticket ticket = ++next_;
    {
      const std::lock_guard lock(mutex_);
      asked_[ticket];
    }
    log_->read(partition, offset, ticket);
    return ticket;
  }
  void on_log(ports::LogMessage message) override {
    auto* done = std::get_if<ports::ReadDone>(&message);
    if (done == nullptr) return;
    {
      const std::lock_guard lock(mutex_);
      const auto asked = asked_.find(done->ticket);
      if (asked == asked_.end()) return;
      asked->second = std::move(done->block);
    }
    wake_.notify_all();
  }

  ports::LogBackend& backend_;
  std::mutex calls_;
  std::mutex mutex_;
  std::condition_variable wake_;
  std::map<ports::Ticket, std::optional<block::BlockPtr>> asked_;
  ports::Ticket next_ = 0;
  std::unique_ptr<ports::Log> log_;
};

ParkedApi::ParkedApi(ParkedApiParts parts)
    : parts_(std::move(parts)),
      sources_(std::make_unique<SourceReads>(parts_.log)),
      service_("lienthong.parked.v1.ParkedService", principals_of(parts_.rules)) {
  service_.unary<parked_v1::ListParkedRequest, parked_v1::ListParkedResponse>(
      "ListParked", [this](const auto& call, auto request, auto out) { list(call, request, out); });
  service_.unary<parked_v1::TryParkedRequest, parked_v1::TryParkedResponse>(
      "TryParked", [this](const auto& call, auto request, auto out) { try_parked(call, request, out); });
  service_.unary<parked_v1::ResumeParkedRequest, parked_v1::ResumeParkedResponse>(
      "ResumeParked", [this](const auto& call, auto request, auto out) { resume(call, request, out); });
}

ParkedApi::~ParkedApi() = default;

Result<const ParkedLedger*> ParkedApi::ledger_for(const rpc::Call& call, const std::string& name) const {
  const auto catalogue = latest_catalogue(parts_.rules);
  if (!catalogue) return failure(catalogue.error());
  if (const auto granted = require_service(**catalogue, call.principal, Action::kResumeParked); !granted) {
    return failure(granted.error());
  }
  std::string known;
  for (const auto& ledger : parts_.ledgers) {
    if (ledger.machine->name() == name) return &ledger;
    known += (known.empty() ? "" : ", ") + ledger.machine->name();
  }
  return failure(rpc::invalid_field("ledger", "tiến trình này chỉ có: " + known + "; hãy hỏi đúng dịch vụ.",
                                    "this process has only: " + known + "; ask the service that has it."));
}

Result<ParkedApi::Place> ParkedApi::place_of(const ParkedLedger& ledger, const std::string& text) const {
  const std::uint32_t partitions = parts_.gateway(ledger.machine->name()).partition_count();
  if (const auto slash = text.find('/'); text.starts_with('p') && slash != std::string::npos) {
    std::uint32_t partition = 0;
    const auto read = std::from_chars(text.data() + 1, text.data() + slash, partition);
    const auto raw = from_hex(text.substr(slash + 1));
    const auto id = raw ? DossierId::from(*raw) : DossierId::from("");
    if (read.ptr == text.data() + slash && partition < partitions && id) return Place{partition, *id};
  }
  const auto name = parse_dossier_name(text);
  if (!name) return failure(name.error());
  return Place{partition_of(name->home, partitions), name->id};
}

parked_v1::ParkedDossier ParkedApi::view(const ParkedLedger& ledger, const Place& place, const Value& value) {
  parked_v1::ParkedDossier out;
  const auto home = HomeKey::parse(home_key_of(ledger, value.state()));
  out.set_dossier_id(home ? format_dossier_name({*home, place.id})
                          : "p" + std::to_string(place.partition) + "/" + to_hex(place.id.view()));
  out.set_ledger(ledger.machine->name());
  out.set_partition(place.partition);
  out.set_revision(value.dossier_seq());
  out.set_waiting(static_cast<std::uint32_t>(value.queue_size()));
  if (!value.parked() || value.queue().empty()) return out;
  out.set_reason(value.park_reason());
  out.mutable_event()->set_ledger(value.queue(0).ledger());
  out.mutable_event()->set_block_seq(value.queue(0).block_seq());
  out.mutable_event()->set_index(value.queue(0).index());
  if (!value.has_skip_proposal()) return out;
  const auto& person = value.skip_proposal().person();
  const auto slash = person.find('/');
  out.mutable_proposal()->set_principal(person.substr(0, slash));
  if (slash != std::string::npos) out.mutable_proposal()->set_actor(person.substr(slash + 1));
  out.mutable_proposal()->set_reason_code(value.skip_proposal().reason_code());
  return out;
}

void ParkedApi::list(const rpc::Call& call, const parked_v1::ListParkedRequest& request,
                     const Out<parked_v1::ListParkedResponse>& out) {
  const auto ledger = ledger_for(call, request.ledger());
  if (!ledger) return out.fail(ledger.error());
  const bool queued = parts_.reads.post([this, ledger = *ledger, request, out] {
    ListQuery wanted;
    wanted.ledger = ledger->machine->name();
    wanted.partitions = parts_.gateway(wanted.ledger).partition_count();
    wanted.index = "parked";
    wanted.keys = {""};
    const auto page = api::list(parts_.query, wanted, request.page());
    if (!page) return out.fail(page.error());
    parked_v1::ListParkedResponse answer;
    for (const auto& entry : page->entries) {
      *answer.add_dossiers() = view(*ledger, {entry.partition, entry.hit.dossier}, entry.value);
    }
    for (const auto& [key, count] : page->totals) answer.set_total(answer.total() + count);
    *answer.mutable_page() = page->page;
    out.ok(answer);
  });
  if (!queued) out.fail(too_many_reads());
}

void ParkedApi::read_parked(const ParkedLedger& ledger, const Place& place,
                            std::function<void(Result<std::shared_ptr<const Value>>)> done) const {
  ledger::ReadRequest request;
  request.dossier = place.id;
  request.reply = [done = std::move(done)](const ledger::Reply& reply) {
    if (reply.error) return done(failure(*reply.error));
    if (reply.value == nullptr) return done(failure(not_found()));
    if (!reply.value->parked() || reply.value->queue().empty()) return done(failure(not_parked()));
    done(reply.value);
  };
  parts_.gateway(ledger.machine->name()).read(place.partition, std::move(request));
}

void ParkedApi::try_parked(const rpc::Call& call, const parked_v1::TryParkedRequest& request,
                           const Out<parked_v1::TryParkedResponse>& out) {
  const auto ledger = ledger_for(call, request.ledger());
  if (!ledger) return out.fail(ledger.error());
  const auto place = place_of(**ledger, request.dossier_id());
  if (!place) return out.fail(place.error());
  read_parked(**ledger, *place, [this, ledger = *ledger, place = *place, out](const auto& value) {
    if (!value) return out.fail(value.error());
    const bool queued = parts_.reads.post([this, ledger, place, value = *value, out] {
      const auto answer = try_run(*ledger, place, *value);
      if (!answer) return out.fail(answer.error());
      out.ok(*answer);
    });
    if (!queued) out.fail(too_many_reads());
  });
}

// The same function that the lane decides with, on a copy of what the lane has, as after a RETRY.
Result<parked_v1::TryParkedResponse> ParkedApi::try_run(const ParkedLedger& ledger, const Place& place, const Value& value) {
  const auto& ref = value.queue(0);
  const auto block = sources_->read({ref.ledger(), place.partition}, ref.offset());
  if (!block) return failure(block.error());
  if (*block == nullptr || (*block)->hash().view() != ref.hash() || ref.index() >= (*block)->leaf_count()) {
    return failure({ErrorCode::kDataLoss, "SOURCE_MISMATCH", "Sự kiện đang chờ không còn ở chỗ cũ trong sổ cái nguồn.",
                    "The parked event is not where it was in its ledger."});
  }
  ledger_v1::Leaf source;
  const auto bytes = (*block)->leaf_bytes(ref.index());
  const bool readable = source.ParseFromArray(bytes.data(), static_cast<int>(bytes.size()));

  const auto rules = parts_.rules.latest();
  const auto meta = parts_.query.meta({ledger.machine->name(), place.partition});
  Value copy = value;
  copy.set_parked(false);
  copy.set_forced(true);
  ledger::DecisionArguments arguments;
  if (meta && *meta) {
    if (const auto id = LedgerId::from((*meta)->ledger_id())) arguments.ledger_id = *id;
  }
  arguments.dossier = place.id;
  arguments.decided_at = parts_.clock.now();
  arguments.rules = rules ? rules->rules.get() : nullptr;
  arguments.may_open_numbers = parts_.clock.trusted();
  *arguments.cause.mutable_drain()->mutable_ref() = ref;
  arguments.source = readable ? &source : nullptr;
  const std::map<std::string, std::uint64_t, std::less<>> counters;
  ledger::NumberScratch numbers(counters);
  const auto decided = ledger::decide_leaf(*ledger.machine, copy, std::move(arguments), numbers);

  parked_v1::TryParkedResponse answer;
  *answer.mutable_dossier() = view(ledger, place, value);
  const Instant at{(*block)->core().decided_at()};
  answer.mutable_event_time()->set_seconds(at.micros / kMicros);
  answer.mutable_event_time()->set_nanos(static_cast<std::int32_t>(at.micros % kMicros * 1000));
  for (const auto& event : source.events()) answer.add_event_names(event_name(event_types_of(ref.ledger()), event.type()));
  const auto* leaf = std::get_if<ledger_v1::Leaf>(&decided);
  if (leaf == nullptr) {
    answer.set_reason("REFUSED");
    return answer;
  }
  answer.set_reason(leaf->cause().drain().park_reason());
  answer.set_passes(answer.reason().empty());
  for (const auto& event : leaf->events()) answer.add_events(event_name(ledger.event_types, event.type()));
  return answer;
}

void ParkedApi::resume(const rpc::Call& call, const parked_v1::ResumeParkedRequest& request,
                       const Out<parked_v1::ResumeParkedResponse>& out) {
  const auto ledger = ledger_for(call, request.ledger());
  if (!ledger) return out.fail(ledger.error());
  const auto place = place_of(**ledger, request.dossier_id());
  if (!place) return out.fail(place.error());
  if (const auto checked = check_word(request); !checked) return out.fail(checked.error());
  const auto say = [this, ledger = *ledger, place = *place, principal = call.principal, request, out](const auto& value) {
    if (!value) return out.fail(value.error());
    const auto& front = (*value)->queue(0);
    if (!is_at(front, request.event())) return out.fail(not_parked());
    // Written to the disk before anything happens: a word that can't be is not taken.
    const bool audited = parts_.audit(
        {principal, request.actor(), parked_v1::ParkedAction_Name(request.action()), request.ledger(), request.dossier_id(),
         front.ledger() + "/" + std::to_string(front.block_seq()) + "/" + std::to_string(front.index()),
         request.reason_code(), request.note()});
    if (!audited) {
      return out.fail({ErrorCode::kUnavailable, "AUDIT_UNAVAILABLE",
                       "Không ghi được nhật ký kiểm toán; hãy kiểm tra ổ đĩa rồi thử lại.",
                       "The audit file can't be written; check the disk, then try again."});
    }
    ledger::ResumeRequest word;
    word.dossier = place.id;
    word.ref = front;
    word.action = *action_of(request.action());
    word.person = principal + "/" + request.actor();
    word.reason_code = request.reason_code();
    word.reply = [ledger, place, out](const ledger::Reply& reply) {
      if (reply.error) return out.fail(*reply.error, reply.retry_after);
      parked_v1::ResumeParkedResponse answer;
      if (reply.value != nullptr) {
        *answer.mutable_dossier() = view(*ledger, place, *reply.value);
        answer.set_released(!reply.value->parked());
      }
      out.ok(answer);
    };
    parts_.gateway(ledger->machine->name()).resume(place.partition, std::move(word));
  };
  read_parked(**ledger, *place, [this, say, out](const auto& value) {
    // The audit file is written on a thread that may wait.
    if (!parts_.reads.post([say, value] { say(value); })) out.fail(too_many_reads());
  });
}

}  // namespace lienthong::shared_kernel::api
