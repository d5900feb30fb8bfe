#include "platform/http/signed_door.h"

#include <arpa/inet.h>
#include <microhttpd.h>
#include <netinet/in.h>
#include <sys/socket.h>

#include <algorithm>
#include <charconv>
#include <cstdint>
#include <exception>
#include <optional>
#include <utility>

namespace lienthong::http {
namespace {

using Steady = std::chrono::steady_clock;

constexpr const char* kPlainTls = "NORMAL:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2";

/// One request while it comes in.
struct Call {
  const Entrance* entrance = nullptr;
  std::string body;
  Steady::time_point until;
};

std::optional<std::string> header(MHD_Connection* connection, const std::string& name) {
  const char* value = MHD_lookup_connection_value(connection, MHD_HEADER_KIND, name.c_str());
  return value == nullptr ? std::nullopt : std::optional<std::string>(value);
}

MHD_Result answer(MHD_Connection* connection, const DoorAnswer& what) {
  std::string body = what.body;
  auto* response = MHD_create_response_from_buffer(body.size(), body.data(), MHD_RESPMEM_MUST_COPY);
  if (response == nullptr) return MHD_NO;
  MHD_add_response_header(response, "Content-Type", "application/json");
  if (what.status == 405) MHD_add_response_header(response, "Allow", "POST");
  if (what.retry_after.count() > 0)
    MHD_add_response_header(response, "Retry-After", std::to_string(what.retry_after.count()).c_str());
  const auto queued = MHD_queue_response(connection, static_cast<unsigned>(what.status), response);
  MHD_destroy_response(response);
  return queued;
}

DoorAnswer refusal(int status, const std::string& reason) { return {status, R"({"reason":")" + reason + "\"}", {}}; }

std::optional<sockaddr_in> address_of(const std::string& text) {
  const auto colon = text.rfind(':');
  sockaddr_in place{};
  place.sin_family = AF_INET;
  if (colon == std::string::npos || ::inet_pton(AF_INET, text.substr(0, colon).c_str(), &place.sin_addr) != 1)
    return std::nullopt;
  std::uint16_t port = 0;
  const char* end = text.data() + text.size();
  const auto read = std::from_chars(text.data() + colon + 1, end, port);
  if (read.ec != std::errc() || read.ptr != end) return std::nullopt;
  place.sin_port = htons(port);
  return place;
}

}  // namespace

class SignedDoor::State {
 public:
  State(DoorSettings settings, std::vector<Entrance> entrances, const ports::Clock& clock)
      : settings_(std::move(settings)), entrances_(std::move(entrances)), clock_(clock) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    stopping_.store(true);
    if (daemon_ != nullptr) MHD_stop_daemon(daemon_);
  }

  bool start(sockaddr_in place) {
    const bool tls = !settings_.certificate.empty();
    const unsigned flags = MHD_USE_INTERNAL_POLLING_THREAD | MHD_USE_THREAD_PER_CONNECTION | MHD_USE_AUTO |
                           (tls ? static_cast<unsigned>(MHD_USE_TLS) : 0U);
    std::vector<MHD_OptionItem> options{
        {MHD_OPTION_SOCK_ADDR, 0, &place},
        {MHD_OPTION_CONNECTION_LIMIT, static_cast<std::intptr_t>(settings_.connections_max), nullptr},
        {MHD_OPTION_CONNECTION_TIMEOUT, static_cast<std::intptr_t>(settings_.timeout.count()), nullptr}};
    if (tls) {
      options.push_back({MHD_OPTION_HTTPS_MEM_CERT, 0, settings_.certificate.data()});
      options.push_back({MHD_OPTION_HTTPS_MEM_KEY, 0, settings_.private_key.data()});
      options.push_back({MHD_OPTION_HTTPS_PRIORITIES, 0, const_cast<char*>(kPlainTls)});
    }
    options.push_back({MHD_OPTION_END, 0, nullptr});
    daemon_ = MHD_start_daemon(flags, 0, nullptr, nullptr, &State::on_request, this, MHD_OPTION_NOTIFY_COMPLETED,
                               &State::on_completed, nullptr, MHD_OPTION_ARRAY, options.data(), MHD_OPTION_END);
    return daemon_ != nullptr;
  }

  int port() const {
    const auto* found = MHD_get_daemon_info(daemon_, MHD_DAEMON_INFO_BIND_PORT);
    return found == nullptr ? 0 : found->port;
  }

 private:
  static MHD_Result on_request(void* self, MHD_Connection* connection, const char* url, const char* method, const char*,
                               const char* data, std::size_t* size, void** call) {
    // An exception must not pass through a C library; none but lack of memory is known.
    try {
      return static_cast<State*>(self)->request(connection, url, method, {data, *size}, *size, *call);
    } catch (const std::exception&) {
      return MHD_NO;
    }
  }

  static void on_completed(void*, MHD_Connection*, void** call, MHD_RequestTerminationCode) {
    delete static_cast<Call*>(*call);
    *call = nullptr;
  }

  MHD_Result request(MHD_Connection* connection, const std::string& url, const std::string& method, std::string_view part,
                     std::size_t& left, void*& handle) {
    if (handle == nullptr) return begin(connection, url, method, handle);
    auto& call = *static_cast<Call*>(handle);
    if (Steady::now() > call.until || stopping_.load()) return MHD_NO;
    if (part.empty()) return answer(connection, taken(connection, call));
    // It said less than it sends, or did not say: nothing can be answered in the middle.
    if (call.body.size() + part.size() > settings_.body_bytes_max) return MHD_NO;
    call.body.append(part);
    left = 0;
    return MHD_YES;
  }

  MHD_Result begin(MHD_Connection* connection, const std::string& url, const std::string& method, void*& handle) {
    const auto entrance =
        std::find_if(entrances_.begin(), entrances_.end(), [&](const Entrance& one) { return one.path == url; });
    if (entrance == entrances_.end()) return answer(connection, refusal(404, "NOT_FOUND"));
    if (method != "POST") return answer(connection, refusal(405, "METHOD"));
    const auto length = header(connection, "content-length");
    std::uint64_t bytes = 0;
    if (length) std::from_chars(length->data(), length->data() + length->size(), bytes);
    if (bytes > settings_.body_bytes_max) return answer(connection, refusal(413, "TOO_LARGE"));
    handle = new Call{&*entrance, {}, Steady::now() + settings_.timeout};
    return MHD_YES;
  }

  DoorAnswer taken(MHD_Connection* connection, const Call& call) {
    const auto keys = read_signing_keys(call.entrance->keys_file);
    if (!keys) return {503, R"({"reason":"KEYS_UNAVAILABLE"})", std::chrono::seconds(60)};
    const auto check = check_signature(
        call.entrance->form, *keys, [&](const std::string& name) { return header(connection, name); }, call.body,
        clock_.now(), settings_.window);
    switch (check) {
      case SignatureCheck::kMissing: return refusal(401, "SIGNATURE_MISSING");
      case SignatureCheck::kWrong: return refusal(401, "SIGNATURE_WRONG");
      case SignatureCheck::kStale: return refusal(401, "SIGNATURE_STALE");
      case SignatureCheck::kGood: break;
    }
    const auto& form = call.entrance->form;
    auto id = form.id_header.empty() ? std::optional<std::string>() : header(connection, form.id_header);
    return call.entrance->take({std::move(id).value_or(""), call.body}, stopping_);
  }

  DoorSettings settings_;
  std::vector<Entrance> entrances_;
  const ports::Clock& clock_;
  std::atomic<bool> stopping_{false};
  MHD_Daemon* daemon_ = nullptr;
};

SignedDoor::SignedDoor(std::unique_ptr<State> state) : state_(std::move(state)) {}
SignedDoor::~SignedDoor() = default;
int SignedDoor::port() const { return state_->port(); }

Result<std::unique_ptr<SignedDoor>> SignedDoor::open(DoorSettings settings, std::vector<Entrance> entrances,
                                                     const ports::Clock& clock) {
  const auto place = address_of(settings.address);
  if (!place) {
    return failure({ErrorCode::kInvalidArgument, "START", settings.address + " không phải địa chỉ IPv4:cổng; hãy sửa.",
                    settings.address + " is no IPv4 address:port; correct it."});
  }
  for (const auto& entrance : entrances) {
    auto keys = read_signing_keys(entrance.keys_file);
    if (!keys) return failure(std::move(keys.error()));
  }
  const auto address = settings.address;
  auto state = std::make_unique<State>(std::move(settings), std::move(entrances), clock);
  if (!state->start(*place)) {
    return failure({ErrorCode::kUnavailable, "START",
                    "Không mở được " + address + " để nhận tin có chữ ký; hãy chọn cổng khác hoặc kiểm tra chứng thư.",
                    "Can't listen on " + address + " for signed messages; choose another port or check the certificate."});
  }
  return std::unique_ptr<SignedDoor>(new SignedDoor(std::move(state)));
}

}  // namespace lienthong::http
