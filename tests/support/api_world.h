#pragma once

#include "agency_processing/adapters/agency_api.h"
#include "intake/adapters/intake_api.h"
#include "intake/adapters/sqlite_key_store.h"
#include "platform/ledger/host.h"
#include "platform/memory/in_memory_log.h"
#include "platform/memory/in_memory_projection.h"
#include "platform/observe/system_clock.h"
#include "platform/rpc/client.h"
#include "platform/rpc/read_pool.h"
#include "platform/rpc/server.h"
#include "routing/adapters/routing_api.h"
#include "tests/support/child_process.h"

#include <atomic>
#include <functional>
#include <memory>
#include <mutex>
#include <string>
#include <vector>

namespace lienthong::test_support {

/// One catalogue, released once and for all.
class FixedRules final : public ledger::RulesStore {
 public:
  explicit FixedRules(std::shared_ptr<const shared_kernel::Catalogue> catalogue);
  std::optional<ledger::RulesVersion> latest() const override { return version_; }
  std::optional<ledger::RulesVersion> find(const Cursor& cursor) const override;

 private:
  ledger::RulesVersion version_;
};

/// The demonstration catalogue with the principal `elsewhere`, see ApiWorld.
std::shared_ptr<const shared_kernel::Catalogue> demonstration_catalogue();

/// Looks again and again, up to 20 s.
bool eventually(const std::function<bool()>& holds);

/// Intake, routing and agency-processing in this process: real lanes, real interfaces, log and projection in memory, the
/// demonstration catalogue. Besides its principals: `elsewhere`, who may do everything, but only for H47.22.03.
class ApiWorld {
 public:
  ApiWorld();
  ~ApiWorld();
  ApiWorld(const ApiWorld&) = delete;
  ApiWorld& operator=(const ApiWorld&) = delete;

  static constexpr const char* kCommune = "H47.22.02";
  static constexpr std::uint32_t kPartitions = 2;

  std::shared_ptr<grpc::Channel> intake_channel() { return intake_server_->in_process_channel(); }
  /// Of routing and agency-processing.
  std::shared_ptr<grpc::Channel> channel() { return server_->in_process_channel(); }
  /// A version 7 UUID of now, none twice.
  std::string next_uuid();
  std::vector<std::string> audited() const;
  memory::InMemoryLog& log() { return log_; }
  intake::SealedContents& contents() { return *contents_; }
  const std::string& directory() const { return directory_.path(); }
  void stop_streams() { agency_api_->stop_streams(); }
  /// Starts agency-processing's interface anew, as a restarted process would.
  void restart_agency_api(Duration content_kept = kContentKept);

 private:
  void start_server();
  void record(const std::string& line);

  static constexpr Duration kContentKept = std::chrono::hours(24 * 30);

  Duration content_kept_ = kContentKept;
  TemporaryDirectory directory_;
  memory::InMemoryLog log_;
  memory::InMemoryProjection projection_;
  observe::SystemClock clock_;
  std::unique_ptr<FixedRules> rules_;
  std::unique_ptr<intake::SqliteKeyStore> keys_;
  std::unique_ptr<intake::SealedContents> contents_;
  std::unique_ptr<agency_processing::IntakeContents> intake_contents_;
  std::unique_ptr<agency_processing::IntakeContents> routing_contents_;
  std::unique_ptr<rpc::ReadPool> reads_;
  std::unique_ptr<ledger::Host> host_;
  std::unique_ptr<intake::IntakeApi> intake_api_;
  std::unique_ptr<agency_processing::AgencyApi> agency_api_;
  std::vector<std::unique_ptr<agency_processing::AgencyApi>> retired_;
  std::unique_ptr<routing::RoutingApi> routing_api_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<rpc::Server> intake_server_;
  std::atomic<std::uint64_t> uuids_ = 0;
  mutable std::mutex audit_mutex_;
  std::vector<std::string> audit_;
};

}  // namespace lienthong::test_support
