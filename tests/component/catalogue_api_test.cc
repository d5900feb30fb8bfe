#include "catalogue/adapters/catalogue_api.h"

#include "catalogue/adapters/catalogue_yaml.h"
#include "catalogue/adapters/contents_codec.h"
#include "catalogue/adapters/parts.h"
#include "catalogue/adapters/release_codec.h"
#include "lienthong/catalogue/v1/catalogue_service.grpc.pb.h"
#include "platform/ledger/host.h"
#include "platform/memory/in_memory_log.h"
#include "platform/memory/in_memory_projection.h"
#include "platform/observe/system_clock.h"
#include "platform/observe/system_entropy.h"
#include "platform/ports/installation.h"
#include "platform/rpc/client.h"
#include "platform/rpc/server.h"
#include "platform/rpc/status.h"
#include "platform/sqlite/sole_ownership.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <memory>
#include <string>
#include <thread>
#include <vector>

namespace lienthong::catalogue {
namespace {

using shared_kernel::CatalogueContents;
using ::testing::ElementsAre;
using ::testing::HasSubstr;

const ports::Installation kInstallation{{{"catalogue", 1}}, 1, 1};

class NoSink final : public ports::LogSink {
  void on_log(ports::LogMessage) override {}
};

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

CatalogueContents demonstration() {
  return read_catalogue_directory(std::filesystem::path(LIENTHONG_SOURCE_DIR) / "deploy/catalogue").contents;
}

/// The service on a real lane over a log and a projection in memory.
class CatalogueApiTest : public ::testing::Test {
 protected:
  CatalogueApiTest() {
    observe::SystemEntropy entropy;
    log_.attach(no_sink_)->append({"catalogue", 0},
                                  ports::make_genesis(kInstallation, {"catalogue", 0}, 1, "", entropy, {1}), 1);
    ledger::HostPorts ports{
        log_,
        projection_,
        clock_,
        [] { return std::make_unique<observe::SystemEntropy>(); },
        [](const LedgerName&, std::uint32_t count, ports::OwnershipSink& sink) -> Result<std::unique_ptr<ports::Ownership>> {
          return std::make_unique<sqlite::SoleOwnership>(sink, count);
        },
        [](const LedgerPartition&, std::string_view, std::string_view) {}};
    ledger::HostSettings settings;
    settings.suspect_dir = directory_.path();
    host_ = *ledger::Host::start(std::move(ports), settings, {{make_catalogue_machine(), 1, nullptr}});
    EXPECT_TRUE(host_->join().has_value());
    EXPECT_TRUE(eventually([&] { return host_->serving(); }));
    follower_ = std::make_unique<ledger::Follower>(
        log_, LedgerPartition{"catalogue", 0}, clock_,
        [this](Offset offset, const block::BlockPtr& block) { store_.fold(offset, block); },
        [](const LedgerPartition&, std::string_view, std::string_view) {});
    api_ =
        std::make_unique<CatalogueApi>(CatalogueApiParts{host_->gateway("catalogue"), clock_, store_, pool_, crypto::Key{}});
    server_ = *rpc::Server::start({}, api_->services());
    stub_ = v1::CatalogueService::NewStub(server_->in_process_channel());
  }
  ~CatalogueApiTest() override {
    server_.reset();
    host_->stop();
  }

  /// A version 7 UUID of now, counted so that none comes twice.
  std::string next_request() {
    RequestId id;
    const auto millis = static_cast<std::uint64_t>(clock_.now().micros / 1000);
    for (std::size_t i = 0; i < 6; ++i) id.bytes[i] = static_cast<std::uint8_t>(millis >> (40 - 8 * i));
    id.bytes[6] = 0x70;
    id.bytes[15] = static_cast<std::uint8_t>(++requests_);
    return shared_kernel::format_uuid(id);
  }

  template <class Request, class Reply>
  grpc::Status call(grpc::Status (v1::CatalogueService::Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                    const Request& request, Reply& reply, const std::string& caller = "operator") {
    // UNAVAILABLE says that nothing was done: send the same again.
    for (int attempt = 0;; ++attempt) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
      rpc::name_caller(context, caller);
      const auto status = (*stub_.*method)(&context, request, &reply);
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE || caller != "operator" || attempt == 50) return status;
      std::this_thread::sleep_for(std::chrono::milliseconds(20));
    }
  }

  std::string draft(const v1::CatalogueContents& contents) {
    v1::DraftCataloguePartRequest request;
    request.mutable_header()->set_request_id(next_request());
    *request.mutable_contents() = contents;
    v1::DraftCataloguePartResponse reply;
    const auto status = call(&v1::CatalogueService::Stub::DraftCataloguePart, request, reply);
    EXPECT_TRUE(status.ok()) << status.error_message();
    const auto hash = *Hash::from(reply.part_hash());
    EXPECT_TRUE(eventually([&] { return store_.part(hash).has_value(); }));
    return reply.part_hash();
  }

  v1::ImportCatalogueRequest import_of(const CatalogueContents& contents) {
    v1::ImportCatalogueRequest request;
    request.mutable_header()->set_request_id(next_request());
    const auto parts = *split(contents);
    for (const auto& part : parts) {
      v1::CatalogueContents message;
      EXPECT_TRUE(message.ParseFromString(part.bytes));
      request.add_part_hashes(draft(message));
    }
    return request;
  }

  grpc::Status import(const v1::ImportCatalogueRequest& request, v1::ImportCatalogueResponse& reply) {
    const auto status = call(&v1::CatalogueService::Stub::ImportCatalogue, request, reply);
    if (status.ok() && !request.validate_only()) {
      EXPECT_TRUE(
          eventually([&] { return store_.catalogue() != nullptr && store_.catalogue()->version() == reply.version(); }));
    }
    return status;
  }

  NoSink no_sink_;
  memory::InMemoryLog log_;
  memory::InMemoryProjection projection_;
  observe::SystemClock clock_;
  test_support::TemporaryDirectory directory_;
  CatalogueStore store_;
  rpc::ReadPool pool_{1, 100};
  std::unique_ptr<ledger::Host> host_;
  std::unique_ptr<ledger::Follower> follower_;
  std::unique_ptr<CatalogueApi> api_;
  std::unique_ptr<rpc::Server> server_;
  std::unique_ptr<v1::CatalogueService::Stub> stub_;
  int requests_ = 0;
};

TEST_F(CatalogueApiTest, ReleasesTheDemonstrationThatWasDraftedInParts) {
  const auto request = import_of(demonstration());
  v1::ImportCatalogueResponse reply;
  ASSERT_TRUE(import(request, reply).ok());
  EXPECT_EQ(reply.version(), 1U);
  EXPECT_EQ(reply.findings_size(), 0);
  EXPECT_EQ(store_.catalogue()->contents(), demonstration());
  EXPECT_EQ(store_.latest()->cursor.block_seq, reply.result().position().block_seq());

  v1::ImportCatalogueResponse again;
  ASSERT_TRUE(import(request, again).ok());
  EXPECT_TRUE(again.result().replayed());
  EXPECT_EQ(again.version(), 1U);
}

TEST_F(CatalogueApiTest, ReleasesTheNextVersionAndChangesNothingForTheSame) {
  v1::ImportCatalogueResponse reply;
  ASSERT_TRUE(import(import_of(demonstration()), reply).ok());
  ASSERT_TRUE(import(import_of(demonstration()), reply).ok());
  EXPECT_EQ(reply.version(), 1U);
  auto changed = demonstration();
  changed.title.en = "changed";
  ASSERT_TRUE(import(import_of(changed), reply).ok());
  EXPECT_EQ(reply.version(), 2U);

  v1::GetCatalogueResponse in_force;
  ASSERT_TRUE(call(&v1::CatalogueService::Stub::GetCatalogue, v1::GetCatalogueRequest{}, in_force).ok());
  EXPECT_EQ(in_force.catalogue().title().en(), "changed");
  std::vector<std::string> parts;
  for (const auto& hash : in_force.catalogue().part_hashes()) {
    v1::GetCataloguePartRequest wanted;
    wanted.set_part_hash(hash);
    v1::GetCataloguePartResponse part;
    ASSERT_TRUE(call(&v1::CatalogueService::Stub::GetCataloguePart, wanted, part).ok());
    parts.push_back(part.contents().SerializeAsString());
  }
  EXPECT_EQ(*merge({parts.begin(), parts.end()}), changed);

  v1::ListCatalogueVersionsRequest page;
  page.mutable_page()->set_page_size(1);
  v1::ListCatalogueVersionsResponse first;
  ASSERT_TRUE(call(&v1::CatalogueService::Stub::ListCatalogueVersions, page, first).ok());
  ASSERT_EQ(first.versions_size(), 1);
  EXPECT_EQ(first.versions(0).version(), 2U);
  page.mutable_page()->set_page_token(first.page().next_page_token());
  v1::ListCatalogueVersionsResponse second;
  ASSERT_TRUE(call(&v1::CatalogueService::Stub::ListCatalogueVersions, page, second).ok());
  ASSERT_EQ(second.versions_size(), 1);
  EXPECT_EQ(second.versions(0).version(), 1U);
  EXPECT_TRUE(second.page().next_page_token().empty());
}

TEST_F(CatalogueApiTest, RefusesAFaultyCatalogueAndNamesItsFaults) {
  auto broken = demonstration();
  broken.agencies[1].calendar = "moon";
  auto request = import_of(broken);
  request.set_validate_only(true);
  v1::ImportCatalogueResponse check;
  ASSERT_TRUE(import(request, check).ok());
  ASSERT_EQ(check.findings_size(), 1);
  EXPECT_EQ(check.findings(0).severity(), v1::Finding::SEVERITY_ERROR);
  EXPECT_EQ(check.findings(0).path(), "agencies[1].calendar");
  EXPECT_THAT(check.findings(0).reason_vi(), HasSubstr("không có lịch “moon”"));

  request.set_validate_only(false);
  v1::ImportCatalogueResponse reply;
  const auto error = rpc::to_error(import(request, reply));
  EXPECT_EQ(error.code, ErrorCode::kInvalidArgument);
  EXPECT_EQ(error.reason, "CATALOGUE_FAULTY");
  ASSERT_EQ(error.violations.size(), 1U);
  EXPECT_EQ(error.violations[0].field, "agencies[1].calendar");
  EXPECT_EQ(store_.catalogue(), nullptr);
}

TEST_F(CatalogueApiTest, RefusesAVersionThatDropsWhatDossiersReferTo) {
  v1::ImportCatalogueResponse reply;
  ASSERT_TRUE(import(import_of(demonstration()), reply).ok());
  auto next = demonstration();
  next.procedures.pop_back();
  const auto error = rpc::to_error(import(import_of(next), reply));
  EXPECT_EQ(error.reason, "CATALOGUE_FAULTY");
  ASSERT_EQ(error.violations.size(), 1U);
  EXPECT_THAT(error.violations[0].description, HasSubstr("version 1 of procedure “2.000635” is gone"));
}

TEST_F(CatalogueApiTest, LetsOnlyTheFirstImporterInBeforeTheFirstReleaseAndThenThoseWithAGrant) {
  v1::GetCatalogueResponse reply;
  const v1::GetCatalogueRequest request;
  const auto get = [&](const std::string& caller) {
    return rpc::to_error(call(&v1::CatalogueService::Stub::GetCatalogue, request, reply, caller));
  };
  EXPECT_EQ(get("portal").reason, "CATALOGUE_UNAVAILABLE");
  EXPECT_EQ(get("operator").reason, "CATALOGUE_VERSION_NOT_FOUND");
  v1::ImportCatalogueResponse released;
  ASSERT_TRUE(import(import_of(demonstration()), released).ok());
  EXPECT_TRUE(call(&v1::CatalogueService::Stub::GetCatalogue, request, reply, "portal").ok());
  EXPECT_TRUE(call(&v1::CatalogueService::Stub::GetCatalogue, request, reply, "agency-h47.22.01").ok());
  EXPECT_EQ(get("stranger").reason, "PRINCIPAL_UNKNOWN");
  v1::DraftCataloguePartRequest draft_request;
  draft_request.mutable_header()->set_request_id(next_request());
  v1::DraftCataloguePartResponse drafted;
  EXPECT_EQ(rpc::to_error(call(&v1::CatalogueService::Stub::DraftCataloguePart, draft_request, drafted, "portal")).reason,
            "NOT_GRANTED");
  const auto attempt = import_of(demonstration());
  EXPECT_EQ(rpc::to_error(call(&v1::CatalogueService::Stub::ImportCatalogue, attempt, released, "demo")).reason,
            "NOT_GRANTED");
}

TEST_F(CatalogueApiTest, RefusesPartsItDoesNotKnowAndPartsThatAreTooLarge) {
  v1::ImportCatalogueRequest request;
  request.mutable_header()->set_request_id(next_request());
  request.add_part_hashes(std::string(32, 'x'));
  v1::ImportCatalogueResponse reply;
  EXPECT_EQ(rpc::to_error(import(request, reply)).reason, "CATALOGUE_PART_UNKNOWN");
  request.set_part_hashes(0, "short");
  EXPECT_EQ(rpc::to_error(import(request, reply)).reason, "INVALID_FIELD");
  request.clear_part_hashes();
  EXPECT_EQ(rpc::to_error(import(request, reply)).reason, "INVALID_FIELD");

  v1::DraftCataloguePartRequest large;
  large.mutable_header()->set_request_id(next_request());
  large.mutable_contents()->mutable_title()->set_vi(std::string(kPartBytesMax, 'x'));
  v1::DraftCataloguePartResponse drafted;
  EXPECT_EQ(rpc::to_error(call(&v1::CatalogueService::Stub::DraftCataloguePart, large, drafted)).reason,
            "CATALOGUE_PART_SIZE");
}

TEST_F(CatalogueApiTest, RefusesReadsOfWhatIsNotThere) {
  v1::ImportCatalogueResponse released;
  ASSERT_TRUE(import(import_of(demonstration()), released).ok());
  v1::GetCatalogueRequest version;
  version.set_version(9);
  v1::GetCatalogueResponse found;
  EXPECT_EQ(rpc::to_error(call(&v1::CatalogueService::Stub::GetCatalogue, version, found)).reason,
            "CATALOGUE_VERSION_NOT_FOUND");
  v1::GetCataloguePartRequest part;
  part.set_part_hash(std::string(32, 'x'));
  v1::GetCataloguePartResponse content;
  EXPECT_EQ(rpc::to_error(call(&v1::CatalogueService::Stub::GetCataloguePart, part, content)).reason,
            "CATALOGUE_VERSION_NOT_FOUND");
  v1::ListCatalogueVersionsRequest list;
  list.mutable_page()->set_page_token("x");
  v1::ListCatalogueVersionsResponse page;
  EXPECT_EQ(rpc::to_error(call(&v1::CatalogueService::Stub::ListCatalogueVersions, list, page)).reason,
            "PAGE_TOKEN_INVALID");
  list.mutable_page()->set_page_token("");
  list.mutable_page()->set_page_size(201);
  EXPECT_EQ(rpc::to_error(call(&v1::CatalogueService::Stub::ListCatalogueVersions, list, page)).reason, "INVALID_FIELD");
}

}  // namespace
}  // namespace lienthong::catalogue
