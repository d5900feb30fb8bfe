#include "tools/ltctl/event_tail.h"

#include "lienthong/events/v1/event_service.grpc.pb.h"
#include "platform/base/encoding.h"
#include "tools/ltctl/rpc_calls.h"

#include <google/protobuf/descriptor.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <csignal>
#include <cstdio>
#include <string_view>

namespace lienthong::ltctl {
namespace {

namespace api = ::lienthong::events::v1;

constexpr std::array kServices = {"intake", "routing", "agency-processing", "postal-dispatch", "notification"};
constexpr std::string_view kTypePrefix = "vn.lienthong.";
constexpr auto kAgainAfter = std::chrono::milliseconds(500);

Error wrong(const std::string& field, const std::string& vi, const std::string& en) {
  return {ErrorCode::kInvalidArgument, "INVALID_FIELD", vi, en, {{field, en}}};
}

std::string service_names() {
  std::string out;
  for (const auto* service : kServices) out += (out.empty() ? "" : ", ") + std::string(service);
  return out;
}

std::string full_type(const std::string& text) {
  return text.starts_with(kTypePrefix) ? text : std::string(kTypePrefix) + text + ".v1";
}

std::string service_of_type(const std::string& type) {
  std::string service = type.substr(kTypePrefix.size(), type.find('.', kTypePrefix.size()) - kTypePrefix.size());
  std::replace(service.begin(), service.end(), '_', '-');
  return service;
}

Result<std::map<std::string, std::string>> read_cursor(const std::string& text) {
  std::map<std::string, std::string> cursors;
  for (std::size_t at = 0; at < text.size();) {
    const std::size_t end = std::min(text.find(',', at), text.size());
    const std::string part = text.substr(at, end - at);
    const std::size_t colon = part.find(':');
    const auto bytes = from_hex(part.substr(colon == std::string::npos ? part.size() : colon + 1));
    if (!bytes || bytes->empty()) {
      return failure(wrong("from", "--from phải là begin, end hoặc con trỏ đã in ra khi dừng.",
                           "--from must be begin, end or a cursor as it was printed at the end."));
    }
    cursors[part.substr(0, colon)] = *bytes;
    at = end + 1;
  }
  return cursors;
}

std::unique_ptr<google::protobuf::Message> decoded(const api::CloudEvent& event) {
  const auto* descriptor = google::protobuf::DescriptorPool::generated_pool()->FindMessageTypeByName(event.data_schema());
  if (descriptor == nullptr) return nullptr;
  std::unique_ptr<google::protobuf::Message> message(
      google::protobuf::MessageFactory::generated_factory()->GetPrototype(descriptor)->New());
  return message->ParseFromString(event.data()) ? std::move(message) : nullptr;
}

}  // namespace

Result<TailPlan> plan_tail(const TailOptions& options) {
  std::map<std::string, std::string> cursors;
  if (options.from != "begin" && options.from != "end") {
    auto read = read_cursor(options.from);
    if (!read) return failure(std::move(read.error()));
    cursors = *std::move(read);
  }
  std::vector<std::string> services = options.services;
  for (const auto& [service, _] : cursors) {
    if (options.services.empty()) services.push_back(service);
  }
  std::map<std::string, std::vector<std::string>> types;
  for (const auto& text : options.types) {
    const auto type = full_type(text);
    types[service_of_type(type)].push_back(type);
    if (options.services.empty() && cursors.empty()) services.push_back(service_of_type(type));
  }
  if (services.empty()) services.assign(kServices.begin(), kServices.end());

  TailPlan plan;
  plan.limit = options.limit;
  plan.no_follow = options.no_follow;
  for (const auto& service : services) {
    if (std::find(kServices.begin(), kServices.end(), service) == kServices.end()) {
      return failure(wrong("service", "Dịch vụ " + service + " không có sự kiện công khai; có: " + service_names() + ".",
                           "The service " + service + " has no public events; these do: " + service_names() + "."));
    }
    const auto wanted = types.find(service);
    if (!types.empty() && wanted == types.end()) continue;
    auto& request = plan.requests[service];
    request.Clear();
    request.set_service(service);
    request.set_dossier_id(options.dossier);
    request.set_from_end(options.from == "end");
    if (wanted != types.end()) request.mutable_types()->Add(wanted->second.begin(), wanted->second.end());
    if (const auto known = cursors.find(service); known != cursors.end()) {
      request.set_cursor(known->second);
    } else if (!cursors.empty()) {
      return failure(wrong("from", "Con trỏ không có vị trí của dịch vụ " + service + ".",
                           "The cursor has no position of the service " + service + "."));
    }
  }
  for (const auto& [service, wanted] : types) {
    if (!plan.requests.contains(service))
      return failure(wrong("type", "Không dịch vụ nào được hỏi có loại " + wanted.front() + ".",
                           "None of the services asked has the type " + wanted.front() + "."));
  }
  return plan;
}

std::string cursor_text(const std::map<std::string, std::string>& cursors) {
  std::string out;
  for (const auto& [service, cursor] : cursors) out += (out.empty() ? "" : ",") + service + ":" + to_hex(cursor);
  return out;
}

std::string event_line(const api::CloudEvent& event) {
  const auto message = decoded(event);
  std::string type = event.type();
  if (type.starts_with(kTypePrefix) && type.ends_with(".v1"))
    type = type.substr(kTypePrefix.size(), type.size() - kTypePrefix.size() - 3);
  type.resize(std::max<std::size_t>(type.size(), 44), ' ');
  return local_text(instant_of(event.time())) + "  " + event.subject() + "  " + type + "  " +
         (message ? to_json(*message).dump() : "0x" + to_hex(event.data()));
}

nlohmann::json event_json(const api::CloudEvent& event) {
  nlohmann::json out = {{"specversion", "1.0"},
                        {"id", event.id()},
                        {"source", event.source()},
                        {"type", event.type()},
                        {"subject", event.subject()},
                        {"time", iso_text(instant_of(event.time()))},
                        {"recordedtime", iso_text(instant_of(event.recorded_time()))},
                        {"dataschema", event.data_schema()}};
  if (const auto message = decoded(event)) {
    out["datacontenttype"] = "application/json";
    out["data"] = to_json(*message);
  } else {
    out["datacontenttype"] = "application/protobuf";
    out["data_hex"] = to_hex(event.data());
  }
  return out;
}

struct EventTail::Channel {
  std::shared_ptr<grpc::Channel> channel;
};

EventTail::EventTail(const Session& session, TailPlan plan) : session_(session), plan_(std::move(plan)) {}

EventTail::~EventTail() { stop(); }

Result<void> EventTail::start() {
  for (const auto& [service, _] : plan_.requests) {
    auto channel = open_channel(session_, address_of(session_.settings, service));
    if (!channel) return failure(std::move(channel.error()));
    channels_.push_back(std::make_unique<Channel>(Channel{*std::move(channel)}));
  }
  at_work_ = plan_.requests.size();
  std::size_t i = 0;
  for (const auto& [service, _] : plan_.requests)
    threads_.emplace_back([this, service = service, &channel = *channels_[i++]] { follow(service, channel); });
  return {};
}

void EventTail::stop() {
  {
    const std::lock_guard lock(mutex_);
    stopping_ = true;
    for (const auto& [_, context] : open_) context->TryCancel();
  }
  for (auto& thread : threads_) thread.join();
  threads_.clear();
}

void EventTail::follow(const std::string& service, const Channel& channel) {
  const auto stub = api::EventService::NewStub(channel.channel);
  auto request = plan_.requests.at(service);
  const auto patience = std::chrono::duration<double>(session_.timeout);
  auto give_up = std::chrono::steady_clock::now() + patience;
  for (;;) {
    auto context = std::make_shared<grpc::ClientContext>();
    if (!session_.settings.tls && !session_.settings.caller.empty()) rpc::name_caller(*context, session_.settings.caller);
    {
      const std::lock_guard lock(mutex_);
      if (stopping_) return;
      open_[service] = context;
    }
    const auto reader = stub->StreamEvents(context.get(), request);
    api::StreamEventsResponse response;
    bool more = true;
    while (more && reader->Read(&response)) {
      give_up = std::chrono::steady_clock::now() + patience;
      request.set_cursor(response.cursor());
      more = show(service, response);
    }
    if (!more) context->TryCancel();
    const auto status = reader->Finish();
    if (!more || stopping_) break;
    const auto error = rpc::to_error(status);
    if (exit_of(error.code) != Exit::kUnavailable || std::chrono::steady_clock::now() + kAgainAfter > give_up) {
      fail(error);
      break;
    }
    std::this_thread::sleep_for(kAgainAfter);
  }
  const std::lock_guard lock(mutex_);
  if (--at_work_ == 0) kill(getpid(), SIGTERM);
}

bool EventTail::show(const std::string& service, const api::StreamEventsResponse& response) {
  const std::lock_guard lock(mutex_);
  if (stopping_) return false;
  for (const auto& event : response.events()) {
    // A cursor stands behind a whole message: whatever of it is not shown is shown again from the cursor.
    if (plan_.limit != 0 && shown_ == plan_.limit) break;
    ++shown_;
    const std::string line = session_.json() ? event_json(event).dump() : event_line(event);
    std::printf("%s\n", line.c_str());
  }
  std::fflush(stdout);
  if (plan_.limit != 0 && shown_ == plan_.limit) {
    kill(getpid(), SIGTERM);
    return false;
  }
  cursors_[service] = response.cursor();
  return !(plan_.no_follow && response.caught_up());
}

void EventTail::fail(const Error& error) {
  const std::lock_guard lock(mutex_);
  if (!error_) error_ = error;
  kill(getpid(), SIGTERM);
}

}  // namespace lienthong::ltctl
