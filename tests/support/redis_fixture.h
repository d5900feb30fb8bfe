#pragma once

#include "platform/redis/connection.h"
#include "tests/support/child_process.h"

#include <string>
#include <vector>

namespace lienthong::test_support {

/// A private redis-server on a Unix socket, with an ACL user that may do only what a service may.
class RedisFixture {
 public:
  /// `ledgers`: the services whose keys the user may use. Starts the server and waits until it answers.
  explicit RedisFixture(const std::vector<std::string>& ledgers);
  /// For the service.
  const redis::Settings& settings() const { return settings_; }
  /// For the test itself: may do everything.
  redis::Settings admin() const;
  void start();
  /// Kills the server; what it held is gone unless it was saved.
  void kill();
  void flush_all() const;
  void save() const;
  ChildProcess& process() { return process_; }

 private:
  void await() const;
  TemporaryDirectory directory_;
  redis::Settings settings_;
  ChildProcess process_;
};

}  // namespace lienthong::test_support
