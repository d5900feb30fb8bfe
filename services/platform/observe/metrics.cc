#include "platform/observe/metrics.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <poll.h>
#include <sys/socket.h>
#include <unistd.h>

#include <array>
#include <atomic>
#include <cerrno>
#include <charconv>
#include <chrono>
#include <cmath>
#include <cstring>
#include <system_error>
#include <thread>

namespace lienthong::observe {
namespace {

using Clock = std::chrono::steady_clock;

constexpr std::chrono::milliseconds kCallerMax{2000};
constexpr int kStopLookMs = 200;
constexpr std::size_t kRequestBytesMax = 4096;
constexpr int kBacklog = 8;

std::string number(double value) {
  if (std::isinf(value)) return "+Inf";
  std::array<char, 32> out{};
  const auto end = std::to_chars(out.data(), out.data() + out.size(), value);
  return {out.data(), end.ptr};
}

std::string escaped(std::string_view text, bool quotes) {
  std::string out;
  for (const char c : text) {
    if (c == '\\' || (quotes && c == '"')) out += '\\';
    if (c == '\n') {
      out += "\\n";
    } else {
      out += c;
    }
  }
  return out;
}

std::string label_text(Metrics::Labels labels, std::string_view bound = {}) {
  std::string out;
  const auto add = [&out](std::string_view name, std::string_view value) {
    out += (out.empty() ? "{" : ",") + std::string(name) + "=\"" + escaped(value, true) + '"';
  };
  for (const auto& [name, value] : labels) add(name, value);
  if (!bound.empty()) add("le", bound);
  if (!out.empty()) out += '}';
  return out;
}

/// Closes its file when it goes.
class Socket {
 public:
  explicit Socket(int fd) : fd_(fd) {}
  ~Socket() {
    if (fd_ >= 0) ::close(fd_);
  }
  Socket(const Socket&) = delete;
  Socket& operator=(const Socket&) = delete;
  int fd() const { return fd_; }

 private:
  int fd_;
};

bool wait(int fd, short events, Clock::time_point until) {
  const auto left = std::chrono::duration_cast<std::chrono::milliseconds>(until - Clock::now()).count();
  pollfd wanted{fd, events, 0};
  return left > 0 && ::poll(&wanted, 1, static_cast<int>(left)) > 0;
}

std::string read_head(int fd, Clock::time_point until) {
  std::string head;
  std::array<char, 1024> part{};
  while (head.size() < kRequestBytesMax && head.find("\r\n\r\n") == std::string::npos && wait(fd, POLLIN, until)) {
    const auto got = ::recv(fd, part.data(), part.size(), 0);
    if (got <= 0) break;
    head.append(part.data(), static_cast<std::size_t>(got));
  }
  return head;
}

void send_all(int fd, std::string_view bytes, Clock::time_point until) {
  while (!bytes.empty() && wait(fd, POLLOUT, until)) {
    const auto sent = ::send(fd, bytes.data(), bytes.size(), MSG_NOSIGNAL | MSG_DONTWAIT);
    if (sent < 0 && errno != EAGAIN && errno != EINTR) return;
    if (sent > 0) bytes.remove_prefix(static_cast<std::size_t>(sent));
  }
}

std::string response(std::string_view status, std::string_view body) {
  return "HTTP/1.1 " + std::string(status) +
         "\r\nContent-Type: text/plain; version=0.0.4; charset=utf-8\r\nContent-Length: " + std::to_string(body.size()) +
         "\r\nConnection: close\r\n\r\n" + std::string(body);
}

Error wrong_address(const std::string& address) {
  return {ErrorCode::kInvalidArgument, "START",
          "LIENTHONG_METRICS_LISTEN là " + address + ", không phải địa chỉ IPv4:cổng; hãy sửa.",
          "LIENTHONG_METRICS_LISTEN is " + address + ", no IPv4 address:port; correct it."};
}

}  // namespace

struct Metrics::Family {
  std::string name;
  std::string head;
  std::string samples;
};

Metrics::Metrics() = default;
Metrics::~Metrics() = default;

Metrics::Family& Metrics::family(std::string_view name, std::string_view type, std::string_view help) {
  for (auto& known : families_) {
    if (known.name == name) return known;
  }
  const std::string text(name);
  return families_.emplace_back(
      Family{text, "# HELP " + text + " " + escaped(help, false) + "\n# TYPE " + text + " " + std::string(type) + "\n", {}});
}

void Metrics::gauge(std::string_view name, std::string_view help, Labels labels, double value) {
  family(name, "gauge", help).samples += std::string(name) + label_text(labels) + " " + number(value) + "\n";
}

void Metrics::counter(std::string_view name, std::string_view help, Labels labels, double value) {
  family(name, "counter", help).samples += std::string(name) + label_text(labels) + " " + number(value) + "\n";
}

void Metrics::bucket(std::string_view name, std::string_view help, Labels labels, double bound, double count, double sum) {
  auto& samples = family(name, "histogram", help).samples;
  const std::string text(name);
  samples += text + "_bucket" + label_text(labels, number(bound)) + " " + number(count) + "\n";
  if (!std::isinf(bound)) return;
  samples += text + "_sum" + label_text(labels) + " " + number(sum) + "\n";
  samples += text + "_count" + label_text(labels) + " " + number(count) + "\n";
}

std::string Metrics::text() const {
  std::string out;
  for (const auto& one : families_) out += one.head + one.samples;
  return out;
}

class MetricsServer::State {
 public:
  State(int fd, int port, std::function<void(Metrics&)> collect)
      : listening_(fd), port_(port), collect_(std::move(collect)), thread_([this] { run(); }) {}
  State(const State&) = delete;
  State& operator=(const State&) = delete;
  ~State() {
    stopping_.store(true, std::memory_order_relaxed);
    thread_.join();
  }
  int port() const { return port_; }

 private:
  void run() {
    while (!stopping_.load(std::memory_order_relaxed)) {
      if (!wait(listening_.fd(), POLLIN, Clock::now() + std::chrono::milliseconds(kStopLookMs))) continue;
      const Socket caller(::accept4(listening_.fd(), nullptr, nullptr, SOCK_CLOEXEC));
      if (caller.fd() >= 0) answer(caller.fd());
    }
  }

  void answer(int fd) const {
    const auto until = Clock::now() + kCallerMax;
    const std::string head = read_head(fd, until);
    if (!head.starts_with("GET /metrics ") && !head.starts_with("GET /metrics?")) {
      return send_all(fd, response("404 Not Found", "GET /metrics\n"), until);
    }
    Metrics metrics;
    collect_(metrics);
    send_all(fd, response("200 OK", metrics.text()), until);
  }

  Socket listening_;
  int port_;
  std::function<void(Metrics&)> collect_;
  std::atomic<bool> stopping_{false};
  std::thread thread_;
};

MetricsServer::MetricsServer(std::unique_ptr<State> state) : state_(std::move(state)) {}
MetricsServer::~MetricsServer() = default;
int MetricsServer::port() const { return state_->port(); }

Result<std::unique_ptr<MetricsServer>> MetricsServer::start(const std::string& address,
                                                            std::function<void(Metrics&)> collect) {
  const auto colon = address.rfind(':');
  sockaddr_in place{};
  place.sin_family = AF_INET;
  std::uint16_t port = 0;
  const char* end = address.data() + address.size();
  bool reads = colon != std::string::npos && ::inet_pton(AF_INET, address.substr(0, colon).c_str(), &place.sin_addr) == 1;
  if (reads) {
    const auto read = std::from_chars(address.data() + colon + 1, end, port);
    reads = read.ec == std::errc() && read.ptr == end;
  }
  if (!reads) return failure(wrong_address(address));
  place.sin_port = htons(port);
  const int fd = ::socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
  const int yes = 1;
  if (fd >= 0) ::setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &yes, sizeof yes);
  socklen_t size = sizeof place;
  auto* where = reinterpret_cast<sockaddr*>(&place);
  if (fd < 0 || ::bind(fd, where, size) != 0 || ::listen(fd, kBacklog) != 0 || ::getsockname(fd, where, &size) != 0) {
    const std::string why = std::strerror(errno);
    if (fd >= 0) ::close(fd);
    return failure({ErrorCode::kUnavailable, "START",
                    "Không mở được " + address + " cho số đo: " + why + "; hãy đổi LIENTHONG_METRICS_LISTEN.",
                    "Can't listen on " + address + " for metrics: " + why + "; change LIENTHONG_METRICS_LISTEN."});
  }
  return std::unique_ptr<MetricsServer>(
      new MetricsServer(std::make_unique<State>(fd, ntohs(place.sin_port), std::move(collect))));
}

}  // namespace lienthong::observe
