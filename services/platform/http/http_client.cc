#include "platform/http/http_client.h"

#include "platform/http/curl_handle.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <sys/socket.h>
#include <unistd.h>

#include <algorithm>
#include <array>
#include <cstring>
#include <utility>

namespace lienthong::http {
namespace {

// Servers close idle connections after about a minute; an address and a certificate are looked at again after five.
constexpr long kIdleSecondsMax = 45;
constexpr long kLifeSecondsMax = 300;
constexpr curl_off_t kRetryAfterSecondsMax = 24L * 3600;

struct Once {
  Once() { curl_global_init(CURL_GLOBAL_DEFAULT); }
};

int progress(void* data, curl_off_t, curl_off_t, curl_off_t, curl_off_t) {
  const auto& watch = *static_cast<const Watch*>(data);
  if (!watch.stopping->load()) return 0;
  if (watch.socket != CURL_SOCKET_BAD) ::shutdown(watch.socket, SHUT_RDWR);
  return 1;
}

struct Collector {
  std::string body;
  std::size_t bytes_max = 0;
  bool too_large = false;
};

std::size_t collect(char* data, std::size_t size, std::size_t count, void* to) {
  auto& collector = *static_cast<Collector*>(to);
  const std::size_t bytes = size * count;
  if (collector.body.size() + bytes > collector.bytes_max) {
    collector.too_large = true;
    return 0;
  }
  collector.body.append(data, bytes);
  return bytes;
}

struct Network {
  std::array<std::uint8_t, 16> bytes;
  unsigned bits;
};
constexpr std::array<std::uint8_t, 16> v4(std::uint8_t a, std::uint8_t b = 0, std::uint8_t c = 0) {
  return {0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xFF, 0xFF, a, b, c, 0};
}
// IANA IPv4 and IPv6 special-purpose registries, and multicast; IPv4 in its mapped form.
const std::array kNotPublic = {
    Network{v4(0), 104},
    Network{v4(10), 104},
    Network{v4(100, 64), 106},
    Network{v4(127), 104},
    Network{v4(169, 254), 112},
    Network{v4(172, 16), 108},
    Network{v4(192, 0, 0), 120},
    Network{v4(192, 0, 2), 120},
    Network{v4(192, 88, 99), 120},
    Network{v4(192, 168), 112},
    Network{v4(198, 18), 111},
    Network{v4(198, 51, 100), 120},
    Network{v4(203, 0, 113), 120},
    Network{v4(224), 99},                   // multicast and reserved
    Network{{}, 96},                        // unspecified, loopback, IPv4-compatible
    Network{{0x00, 0x64, 0xFF, 0x9B}, 32},  // translation to IPv4
    Network{{0x01, 0x00}, 64},              // discard
    Network{{0x20, 0x01, 0x00}, 23},        // protocol assignments, among them Teredo
    Network{{0x20, 0x01, 0x0D, 0xB8}, 32},  // documentation
    Network{{0x20, 0x02}, 16},              // 6to4
    Network{{0xFC}, 7},                     // unique local
    Network{{0xFE, 0x80}, 9},               // link-local, site-local
    Network{{0xFF}, 8},                     // multicast
};

bool within(const std::array<std::uint8_t, 16>& address, const Network& network) {
  for (unsigned bit = 0; bit < network.bits; ++bit) {
    const auto mask = static_cast<std::uint8_t>(0x80U >> (bit % 8));
    if ((address[bit / 8] & mask) != (network.bytes[bit / 8] & mask)) return false;
  }
  return true;
}

bool is_public(const std::array<std::uint8_t, 16>& address) {
  return std::none_of(kNotPublic.begin(), kNotPublic.end(),
                      [&](const Network& network) { return within(address, network); });
}

bool is_public(const sockaddr& address) {
  std::array<std::uint8_t, 16> bytes{};
  if (address.sa_family == AF_INET) {
    sockaddr_in in{};
    std::memcpy(&in, &address, sizeof in);
    bytes[10] = bytes[11] = 0xFF;
    std::memcpy(bytes.data() + 12, &in.sin_addr, 4);
    return is_public(bytes);
  }
  if (address.sa_family != AF_INET6) return false;
  sockaddr_in6 in{};
  std::memcpy(&in, &address, sizeof in);
  std::memcpy(bytes.data(), &in.sin6_addr, 16);
  return is_public(bytes);
}

// Asked for the address a socket is about to connect to, after the name was resolved: a name can't lie here.
curl_socket_t open_socket(void* data, curlsocktype, curl_sockaddr* address) {
  auto& watch = *static_cast<Watch*>(data);
  if (watch.guarded && !is_public(address->addr)) {
    watch.refused = true;
    return CURL_SOCKET_BAD;
  }
  watch.socket = ::socket(address->family, address->socktype | SOCK_CLOEXEC, address->protocol);
  return watch.socket;
}

int close_socket(void* data, curl_socket_t socket) {
  auto& watch = *static_cast<Watch*>(data);
  // Its number may be another's from now on.
  if (watch.socket == socket) watch.socket = CURL_SOCKET_BAD;
  return ::close(socket);
}

std::string host_and_port(const std::string& url) {
  std::unique_ptr<CURLU, decltype(&curl_url_cleanup)> parsed(curl_url(), &curl_url_cleanup);
  if (!parsed || curl_url_set(parsed.get(), CURLUPART_URL, url.c_str(), 0) != CURLUE_OK) return "";
  std::string out;
  for (const auto part : {CURLUPART_HOST, CURLUPART_PORT}) {
    char* text = nullptr;
    if (curl_url_get(parsed.get(), part, &text, CURLU_DEFAULT_PORT) != CURLUE_OK) return "";
    out += (out.empty() ? "" : ":") + std::string(text);
    curl_free(text);
  }
  return out;
}

bool has_control(const std::string& text) {
  return std::any_of(text.begin(), text.end(), [](char c) { return static_cast<unsigned char>(c) < 0x20 || c == 0x7F; });
}

}  // namespace

CurlHandle make_handle() {
  static const Once kOnce;
  return {curl_easy_init(), &curl_easy_cleanup};
}

void prepare(CURL* curl, const Limits& limits, Watch& watch) {
  curl_easy_reset(curl);
  curl_easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
  curl_easy_setopt(curl, CURLOPT_PROXY, "");
  curl_easy_setopt(curl, CURLOPT_CONNECTTIMEOUT_MS, static_cast<long>(limits.connect_timeout.count()));
  curl_easy_setopt(curl, CURLOPT_TIMEOUT_MS, static_cast<long>(limits.timeout.count()));
  curl_easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
  curl_easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, progress);
  curl_easy_setopt(curl, CURLOPT_XFERINFODATA, &watch);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETFUNCTION, open_socket);
  curl_easy_setopt(curl, CURLOPT_OPENSOCKETDATA, &watch);
  curl_easy_setopt(curl, CURLOPT_CLOSESOCKETFUNCTION, close_socket);
  curl_easy_setopt(curl, CURLOPT_CLOSESOCKETDATA, &watch);
}

void append(CurlList& list, const std::string& line) {
  auto* grown = curl_slist_append(list.get(), line.c_str());
  if (grown == nullptr) return;
  static_cast<void>(list.release());
  list.reset(grown);
}

Transfer transfer_of(CURLcode code) {
  switch (static_cast<int>(code)) {
    case CURLE_OK: return Transfer::kDone;
    case CURLE_ABORTED_BY_CALLBACK: return Transfer::kStopped;
    case CURLE_BAD_FUNCTION_ARGUMENT:
    case CURLE_URL_MALFORMAT:
    case CURLE_UNSUPPORTED_PROTOCOL: return Transfer::kRefused;
    case CURLE_COULDNT_RESOLVE_HOST:
    case CURLE_COULDNT_CONNECT:
    case CURLE_SSL_CONNECT_ERROR: return Transfer::kNotBegun;
    case CURLE_SSL_CERTPROBLEM:
    case CURLE_SSL_CACERT_BADFILE:
    case CURLE_USE_SSL_FAILED:
    case CURLE_PEER_FAILED_VERIFICATION: return Transfer::kNotTrusted;
    default: return Transfer::kBrokenOff;
  }
}

struct Client::Kept {
  // Connections call back into it when they are closed, so it goes after the handle.
  Watch watch;
  CurlHandle handle = make_handle();
  /// Where the kept connection leads and how far it may; another place or reach takes another connection.
  std::string place;
};

Client::Client() = default;
Client::~Client() = default;

Answer Client::send(const Request& request, const std::atomic<bool>& stopping) {
  Answer answer;
  const auto target = host_and_port(request.url);
  const bool listed = std::find(request.listed.begin(), request.listed.end(), target) != request.listed.end();
  const bool guarded = request.reach == Reach::kPublic && !listed;
  for (const auto& [name, value] : request.headers) {
    if (has_control(name) || has_control(value)) return {Transfer::kRefused, 0, "", "a header with a line break", {}};
  }
  const auto place = target + '|' + request.reached_at + '|' + request.authorities + (guarded ? "|guarded" : "|");
  if (!kept_ || kept_->place != place) kept_ = std::make_unique<Kept>();
  kept_->place = place;
  auto& watch = kept_->watch;
  watch.stopping = &stopping;
  watch.guarded = guarded;
  watch.refused = false;
  CURL* curl = kept_->handle.get();
  prepare(curl, request.limits, watch);
  curl_easy_setopt(curl, CURLOPT_MAXAGE_CONN, kIdleSecondsMax);
  curl_easy_setopt(curl, CURLOPT_MAXLIFETIME_CONN, kLifeSecondsMax);
  CurlList route(nullptr, &curl_slist_free_all);
  if (!request.reached_at.empty()) append(route, "::" + request.reached_at);
  CurlList headers(nullptr, &curl_slist_free_all);
  append(headers, "Expect:");
  for (const auto& [name, value] : request.headers) append(headers, name + ": " + value);
  Collector collector{{}, request.limits.answer_bytes_max, false};
  curl_easy_setopt(curl, CURLOPT_URL, request.url.c_str());
  curl_easy_setopt(curl, CURLOPT_PROTOCOLS_STR, guarded ? "https" : "https,http");
  curl_easy_setopt(curl, CURLOPT_FOLLOWLOCATION, 0L);
  curl_easy_setopt(curl, CURLOPT_CUSTOMREQUEST, request.method.c_str());
  if (request.method != "GET") {
    curl_easy_setopt(curl, CURLOPT_POSTFIELDSIZE_LARGE, static_cast<curl_off_t>(request.body.size()));
    curl_easy_setopt(curl, CURLOPT_POSTFIELDS, request.body.data());
  }
  curl_easy_setopt(curl, CURLOPT_CONNECT_TO, route.get());
  curl_easy_setopt(curl, CURLOPT_HTTPHEADER, headers.get());
  curl_easy_setopt(curl, CURLOPT_WRITEFUNCTION, collect);
  curl_easy_setopt(curl, CURLOPT_WRITEDATA, &collector);
  if (!request.authorities.empty()) curl_easy_setopt(curl, CURLOPT_CAINFO, request.authorities.c_str());
  const CURLcode code = curl_easy_perform(curl);
  answer.transfer = collector.too_large ? Transfer::kTooLarge : watch.refused ? Transfer::kRefused : transfer_of(code);
  if (code != CURLE_OK) answer.detail = curl_easy_strerror(code);
  // An answer that is no HTTP has this code too, and then the request is with the other side; so it may be where a kept
  // connection broke and no other could be opened.
  long sent = 0;
  curl_easy_getinfo(curl, CURLINFO_REQUEST_SIZE, &sent);
  const bool says_nothing_was_sent = code == CURLE_UNSUPPORTED_PROTOCOL || answer.transfer == Transfer::kNotBegun;
  if (says_nothing_was_sent && sent > 0) answer.transfer = Transfer::kBrokenOff;
  long status = 0;
  curl_easy_getinfo(curl, CURLINFO_RESPONSE_CODE, &status);
  answer.status = static_cast<int>(status);
  curl_off_t retry_after = 0;
  curl_easy_getinfo(curl, CURLINFO_RETRY_AFTER, &retry_after);
  answer.retry_after = std::chrono::seconds(std::clamp<curl_off_t>(retry_after, 0, kRetryAfterSecondsMax));
  if (answer.transfer == Transfer::kDone) answer.body = std::move(collector.body);
  return answer;
}

Answer send(const Request& request, const std::atomic<bool>& stopping) { return Client().send(request, stopping); }

bool is_public_address(std::string_view address) {
  const std::string text(address);
  std::array<std::uint8_t, 16> bytes{};
  if (inet_pton(AF_INET6, text.c_str(), bytes.data()) == 1) return is_public(bytes);
  bytes[10] = bytes[11] = 0xFF;
  return inet_pton(AF_INET, text.c_str(), bytes.data() + 12) == 1 && is_public(bytes);
}

}  // namespace lienthong::http
