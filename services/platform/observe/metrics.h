#pragma once

#include "platform/base/result.h"

#include <functional>
#include <initializer_list>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

namespace lienthong::observe {

/// Samples in the text form that Prometheus reads. Units are seconds, bytes or plain counts, and stand in the name.
/// Labels are names of services, ledgers, states and the like; never a dossier, a person or free text.
/// Thread-safety: one thread.
class Metrics {
 public:
  using Labels = std::initializer_list<std::pair<std::string_view, std::string_view>>;

  Metrics();
  ~Metrics();
  Metrics(const Metrics&) = delete;
  Metrics& operator=(const Metrics&) = delete;

  /// A value that goes up and down. `help` is kept with the first sample of its name.
  void gauge(std::string_view name, std::string_view help, Labels labels, double value);
  /// A count that only grows while the process runs; its name ends in `_total`.
  void counter(std::string_view name, std::string_view help, Labels labels, double value);
  /// One bucket of a histogram, one call each in rising order; `bound` infinite for the last, with the sum.
  void bucket(std::string_view name, std::string_view help, Labels labels, double bound, double count, double sum = 0);
  /// Everything so far; samples of one name stand together.
  std::string text() const;

 private:
  struct Family;
  Family& family(std::string_view name, std::string_view type, std::string_view help);
  std::vector<Family> families_;
};

/// Answers `GET /metrics` over HTTP, one caller at a time, each for at most 2 s. In clear and without names: it listens
/// where only the operators' network comes.
class MetricsServer {
 public:
  /// `address`: `host:port` with a numeric host; port 0 lets the system choose. `collect` is called from the server's thread
  /// and may block. Errors: kInvalidArgument, kUnavailable when the address is taken (both name the cure).
  static Result<std::unique_ptr<MetricsServer>> start(const std::string& address, std::function<void(Metrics&)> collect);
  /// Ends within the time of one caller.
  ~MetricsServer();
  MetricsServer(const MetricsServer&) = delete;
  MetricsServer& operator=(const MetricsServer&) = delete;
  int port() const;

 private:
  class State;
  explicit MetricsServer(std::unique_ptr<State> state);
  std::unique_ptr<State> state_;
};

}  // namespace lienthong::observe
