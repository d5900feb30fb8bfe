#include "platform/edition/open_ports.h"

#include "platform/kafka/admin.h"
#include "platform/kafka/interlock.h"
#include "platform/kafka/kafka_log.h"
#include "platform/kafka/membership.h"
#include "platform/kafka/public_topic.h"
#include "platform/observe/alarms.h"
#include "platform/redis/redis_projection.h"
#include "platform/relay/public_events.h"
#include "platform/sqlite/interlock.h"
#include "platform/sqlite/sole_ownership.h"
#include "platform/sqlite/sqlite_log.h"
#include "platform/sqlite/sqlite_projection.h"

#include <fcntl.h>
#include <sys/file.h>
#include <unistd.h>

#include <algorithm>
#include <filesystem>
#include <utility>

namespace lienthong::edition {
namespace {

// Two processes on one directory would share suspect slots and, with SQLite, append to one file.
class DirectoryLock {
 public:
  explicit DirectoryLock(const std::string& directory)
      : fd_(::open((directory + "/lock").c_str(), O_RDWR | O_CREAT | O_CLOEXEC, 0600)) {}
  DirectoryLock(const DirectoryLock&) = delete;
  DirectoryLock& operator=(const DirectoryLock&) = delete;
  ~DirectoryLock() {
    if (fd_ >= 0) ::close(fd_);
  }
  bool opened() const { return fd_ >= 0; }
  bool taken() const { return ::flock(fd_, LOCK_EX | LOCK_NB) == 0; }

 private:
  int fd_;
};

std::vector<LedgerName> names_of(const LedgerUse& use) {
  std::vector<LedgerName> names;
  for (const auto* plans : {&use.own, &use.foreign}) {
    for (const auto& plan : *plans) names.push_back(plan.ledger);
  }
  return names;
}

// What the ledgers were made for against what this process is set to.
void compare_counts(const LedgerUse& use, const ports::InterlockReport& report, std::vector<Error>& out) {
  for (const auto* plans : {&use.own, &use.foreign}) {
    for (const auto& plan : *plans) {
      const auto born = report.genesis.find({plan.ledger, 0});
      if (born == report.genesis.end()) continue;
      const std::uint32_t made_for = born->second->core().genesis().partition_count();
      if (made_for == plan.partition_count) continue;
      out.push_back(ports::difference("LIENTHONG_PARTITIONS (" + plan.ledger + ")", "N",
                                      std::to_string(plan.partition_count), std::to_string(made_for),
                                      "Đặt lại biến này; N không bao giờ đổi.", "Set the variable so; N never changes."));
    }
  }
}

std::vector<Error> differences(const LedgerUse& use, Result<ports::InterlockReport> report) {
  if (!report) return {report.error()};
  auto out = std::move(report->differences);
  compare_counts(use, *report, out);
  return out;
}

class SqlitePorts final : public OpenPorts {
 public:
  SqlitePorts(std::string file, std::unique_ptr<DirectoryLock> lock, std::unique_ptr<sqlite::SqliteLog> log,
              std::unique_ptr<sqlite::SqliteProjection> projection)
      : file_(std::move(file)), lock_(std::move(lock)), log_(std::move(log)), projection_(std::move(projection)) {}
  ports::LogBackend& log() override { return *log_; }
  ports::ProjectionBackend& projection() override { return *projection_; }
  ports::Query& query() override { return *projection_; }
  ledger::JoinOwners owners() override {
    return
        [](const LedgerName&, std::uint32_t count, ports::OwnershipSink& sink) -> Result<std::unique_ptr<ports::Ownership>> {
          return std::make_unique<sqlite::SoleOwnership>(sink, count);
        };
  }
  std::unique_ptr<ports::PublisherBackend> public_topic(ports::MakePublicMessages, ledger::AlarmSink) override {
    return nullptr;
  }
  std::vector<Error> check(const LedgerUse& use) override {
    return differences(use, sqlite::check_ledgers(file_, names_of(use)));
  }

 private:
  std::string file_;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<sqlite::SqliteLog> log_;
  std::unique_ptr<sqlite::SqliteProjection> projection_;
};

class KafkaPorts final : public OpenPorts {
 public:
  KafkaPorts(LedgerSettings settings, std::unique_ptr<DirectoryLock> lock, std::unique_ptr<kafka::KafkaLog> log)
      : settings_(std::move(settings)), lock_(std::move(lock)), log_(std::move(log)), projection_(settings_.redis) {}
  ports::LogBackend& log() override { return *log_; }
  ports::ProjectionBackend& projection() override { return projection_; }
  ports::Query& query() override { return projection_; }
  ledger::JoinOwners owners() override {
    return [this](const LedgerName& ledger, std::uint32_t,
                  ports::OwnershipSink& sink) -> Result<std::unique_ptr<ports::Ownership>> {
      kafka::MembershipSettings settings{settings_.kafka, "lienthong." + ledger + ".lanes",
                                         LedgerPartition{ledger, 0}.topic(), settings_.session_timeout};
      auto joined = kafka::Membership::join(std::move(settings), sink);
      if (!joined) return failure(std::move(joined.error()));
      return *std::move(joined);
    };
  }
  std::unique_ptr<ports::PublisherBackend> public_topic(ports::MakePublicMessages messages,
                                                        ledger::AlarmSink alarms) override {
    kafka::PublicTopicSettings settings{
        settings_.kafka, relay::kPublicTopic, std::move(messages),
        [alarms = std::move(alarms)](const LedgerPartition& partition, std::string_view detail) {
          alarms(partition, "NOT_PUBLISHED", detail);
        }};
    return std::make_unique<kafka::PublicTopic>(std::move(settings));
  }
  std::vector<Error> check(const LedgerUse& use) override {
    auto out = projection_.check();
    auto admin = kafka::Admin::open(settings_.kafka, kAnswerMax);
    if (!admin) {
      out.push_back(admin.error());
      return out;
    }
    if (auto ready = (*admin)->wait_until_ready(kAnswerMax); !ready) {
      out.push_back(ready.error());
      return out;
    }
    for (auto& found : differences(use, compare_topics(**admin, use))) out.push_back(std::move(found));
    return out;
  }

 private:
  static Result<ports::InterlockReport> compare_topics(kafka::Admin& admin, const LedgerUse& use) {
    auto report = kafka::check_ledgers(admin, names_of(use));
    if (!report) return report;
    if (std::any_of(report->genesis.begin(), report->genesis.end(),
                    [](const auto& born) { return born.second->core().genesis().replication_factor() == 1; })) {
      observe::log_info("single copy",
                        "the ledgers have one copy (RF 1): a lost disk is a lost ledger; for one machine only");
    }
    for (const auto& [topic, beside] : use.compacted) {
      const auto checked = kafka::check_topic_beside(admin, topic, kafka::BesideKind::kCompacted, beside, *report);
      if (!checked) return failure(checked.error());
    }
    for (const auto& ledger : use.relayed) {
      const auto checked =
          kafka::check_topic_beside(admin, relay::kPublicTopic, kafka::BesideKind::kPublic, ledger, *report);
      if (!checked) return failure(checked.error());
    }
    return report;
  }

  static constexpr std::chrono::milliseconds kAnswerMax{3000};
  LedgerSettings settings_;
  std::unique_ptr<DirectoryLock> lock_;
  std::unique_ptr<kafka::KafkaLog> log_;
  redis::RedisProjection projection_;
};

Result<std::unique_ptr<DirectoryLock>> take_directory(const std::string& directory) {
  std::error_code failed;
  std::filesystem::create_directories(directory, failed);
  auto lock = std::make_unique<DirectoryLock>(directory);
  if (!lock->opened()) {
    return failure(wrong_setting("LIENTHONG_DATA_DIR",
                                 "là " + directory + ", không ghi được: hãy kiểm tra đường dẫn, quyền ghi và chỗ trống.",
                                 "is " + directory + ", which can't be written: check path, permissions and space."));
  }
  if (!lock->taken()) {
    return failure(
        wrong_setting("LIENTHONG_DATA_DIR",
                      "là " + directory + ", một tiến trình khác đang dùng: hãy dừng tiến trình đó hoặc chọn thư mục khác.",
                      "is " + directory + ", which another process uses: stop it or name another directory."));
  }
  return lock;
}

}  // namespace

Result<std::unique_ptr<OpenPorts>> open_ports(const std::string& name, const LedgerSettings& settings,
                                              UnhurriedReading unhurried) {
  auto lock = take_directory(settings.data_dir);
  if (!lock) return failure(std::move(lock.error()));
  if (settings.log == LedgerLog::kSqlite) {
    auto log = sqlite::SqliteLog::open({settings.log_file()});
    if (!log) return failure(std::move(log.error()));
    auto projection = sqlite::SqliteProjection::open(settings.projection_file());
    if (!projection) return failure(std::move(projection.error()));
    return std::make_unique<SqlitePorts>(settings.log_file(), *std::move(lock), *std::move(log), *std::move(projection));
  }
  LedgerSettings named = settings;
  named.kafka.client_id = "lienthong-" + name;
  kafka::LogSettings log_settings{named.kafka, "lienthong." + name + ".tail"};
  log_settings.unhurried = std::move(unhurried.ledgers);
  log_settings.unhurried_wait = unhurried.wait;
  auto log = kafka::KafkaLog::open(std::move(log_settings));
  if (!log) return failure(std::move(log.error()));
  return std::make_unique<KafkaPorts>(std::move(named), *std::move(lock), *std::move(log));
}

}  // namespace lienthong::edition
