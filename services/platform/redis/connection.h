#pragma once

#include "platform/base/result.h"

#include <chrono>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

struct redisContext;
struct redisReply;

namespace lienthong::redis {

/// How to reach the server: a Unix socket, because hiredis 0.14 has no TLS.
/// The ACL user needs `~{SERVICE:*` for its own keys and `+@read +@write +@connection +fcall +fcall_ro
/// +function|load -@dangerous +info`.
struct Settings {
  std::string socket_path;
  std::string user = "default";
  /// Read at each connect; empty: no AUTH.
  std::string password_file = {};
  std::chrono::milliseconds connect_timeout{1000};
  /// Longest wait for one answer.
  std::chrono::milliseconds timeout{2000};
};

/// The server can't be reached or the connection broke.
struct ConnectionFailure {
  std::string detail;
};

/// One answer of the server.
class Reply {
 public:
  explicit Reply(redisReply* reply);
  bool is_error() const;
  bool is_nil() const;
  bool is_array() const;
  /// Text of a string, status or error.
  std::string_view text() const;
  std::int64_t integer() const;
  std::size_t size() const;
  /// Element of an array; owned by this reply.
  Reply operator[](std::size_t index) const;

 private:
  explicit Reply(std::shared_ptr<redisReply> root, const redisReply* node) : root_(std::move(root)), node_(node) {}
  std::shared_ptr<redisReply> root_;
  const redisReply* node_;
};

/// A blocking connection. `send` only buffers; `receive` flushes and waits. After ConnectionFailure it is of no further use.
/// Thread-safety: one thread at a time.
class Connection {
 public:
  using Arguments = std::vector<std::string_view>;
  /// Connects and authenticates. Throws ConnectionFailure. The first connection makes the process ignore SIGPIPE unless it
  /// handles it.
  explicit Connection(const Settings& settings);
  void send(const Arguments& arguments);
  Reply receive();
  Reply call(const Arguments& arguments) {
    send(arguments);
    return receive();
  }
  /// Loads the function library. Throws ConnectionFailure, also when the server refuses it.
  void load_functions();

 private:
  struct Free {
    void operator()(redisContext* context) const;
  };
  std::unique_ptr<redisContext, Free> context_;
};

/// True for the error of a server that has lost or never had the library.
bool is_function_missing(const Reply& reply);

}  // namespace lienthong::redis
