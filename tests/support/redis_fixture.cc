#include "tests/support/redis_fixture.h"

#include <signal.h>

#include <chrono>
#include <fstream>
#include <stdexcept>
#include <thread>

namespace lienthong::test_support {
namespace {

constexpr const char* kPassword = "only-for-this-test";

}  // namespace

RedisFixture::RedisFixture(const std::vector<std::string>& ledgers) {
  const auto& path = directory_.path();
  settings_.socket_path = path + "/redis.sock";
  settings_.user = "service";
  settings_.password_file = path + "/password";
  std::ofstream(settings_.password_file) << kPassword << "\n";
  std::ofstream acl(path + "/users.acl");
  acl << "user default on nopass ~* &* +@all\n"
      << "user service on >" << kPassword << " resetchannels";
  for (const auto& ledger : ledgers) acl << " ~{" << ledger << ":*";
  acl << " +@read +@write +@connection +fcall +fcall_ro +function|load +info -@dangerous +info\n";
  acl.close();
  start();
}

redis::Settings RedisFixture::admin() const {
  redis::Settings settings = settings_;
  settings.user = "default";
  settings.password_file.clear();
  return settings;
}

void RedisFixture::start() {
  const auto& path = directory_.path();
  process_ = ChildProcess({"redis-server", "--port", "0", "--unixsocket", settings_.socket_path, "--unixsocketperm", "700",
                           "--dir", path, "--aclfile", path + "/users.acl", "--save", "", "--appendonly", "no",
                           "--maxmemory-policy", "noeviction", "--enable-debug-command", "yes"},
                          path + "/redis.log");
  await();
}

void RedisFixture::await() const {
  for (int attempt = 0; attempt < 1000; ++attempt) {
    try {
      redis::Connection connection(admin());
      if (connection.call({"PING"}).text() == "PONG") return;
    } catch (const redis::ConnectionFailure&) {
    }
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  throw std::runtime_error("redis-server does not answer");
}

void RedisFixture::kill() { process_.stop(SIGKILL); }

void RedisFixture::flush_all() const {
  redis::Connection connection(admin());
  connection.call({"FLUSHALL"});
  connection.call({"FUNCTION", "FLUSH"});
}

void RedisFixture::save() const { redis::Connection(admin()).call({"SAVE"}); }

}  // namespace lienthong::test_support
