#include "lienthong/agency/v1/agency_service.grpc.pb.h"
#include "lienthong/intake/v1/intake_service.grpc.pb.h"
#include "lienthong/routing/v1/routing_service.grpc.pb.h"
#include "platform/ledger/follower.h"
#include "platform/rpc/status.h"
#include "tests/support/api_world.h"

#include <gmock/gmock.h>
#include <grpcpp/grpcpp.h>

#include <chrono>
#include <filesystem>
#include <fstream>
#include <map>
#include <memory>
#include <set>
#include <sstream>
#include <string>
#include <thread>
#include <vector>

/// The three services as their clients see them: real lanes and interfaces, log and projection in memory.
namespace lienthong {
namespace {

namespace agency_v1 = ::lienthong::agency::v1;
namespace api_v1 = ::lienthong::api::v1;
namespace intake_v1 = ::lienthong::intake::v1;
namespace routing_v1 = ::lienthong::routing::v1;
using rpc::to_error;
using test_support::ApiWorld;
using test_support::eventually;
using ::testing::Contains;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::Not;

constexpr const char* kExtract = "2.000635";    // one desk
constexpr const char* kAllowance = "1.001776";  // commune, district division, district

MATCHER(IsOk, "") {
  *result_listener << arg.error_code() << ' ' << arg.error_message();
  return arg.ok();
}
MATCHER_P2(HasStatus, code, reason, "") {
  *result_listener << arg.error_code() << ' ' << to_error(arg).reason << ' ' << arg.error_message();
  return arg.error_code() == code && to_error(arg).reason == reason;
}

class ServicesApiTest : public ::testing::Test {
 protected:
  template <class Stub, class Request, class Reply>
  static grpc::Status call(const std::unique_ptr<Stub>& stub,
                           grpc::Status (Stub::*method)(grpc::ClientContext*, const Request&, Reply*),
                           const Request& request, Reply& reply, const std::string& caller = "demo") {
    // UNAVAILABLE says: send the same again.
    for (int attempt = 0;; ++attempt) {
      grpc::ClientContext context;
      context.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(20));
      rpc::name_caller(context, caller);
      reply.Clear();
      const auto status = ((*stub).*method)(&context, request, &reply);
      if (status.error_code() != grpc::StatusCode::UNAVAILABLE || attempt == 100) return status;
      std::this_thread::sleep_for(std::chrono::milliseconds(10));
    }
  }

  intake_v1::ReceiveDossierRequest application(const std::string& procedure) {
    intake_v1::ReceiveDossierRequest request;
    request.mutable_header()->set_request_id(std::string(ApiWorld::kCommune) + '_' + world_.next_uuid());
    auto& form = *request.mutable_application();
    form.set_home_key(ApiWorld::kCommune);
    form.set_procedure_code(procedure);
    form.set_applicant_kind(intake_v1::APPLICANT_KIND_CITIZEN);
    form.mutable_applicant()->set_full_name("Nguyễn Văn Mẫu (tên bịa)");
    form.mutable_applicant()->set_phone("canary-phone");
    form.set_note("canary-note");
    auto& component = *form.add_components();
    component.set_code("application-form");
    component.set_title("canary-title");
    component.set_count(1);
    return request;
  }
  intake_v1::Dossier receive(const std::string& procedure) {
    intake_v1::ReceiveDossierResponse reply;
    EXPECT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, application(procedure), reply), IsOk());
    return reply.dossier();
  }
  grpc::Status get(const std::string& id, intake_v1::Dossier& dossier,
                   intake_v1::DossierView view = intake_v1::DOSSIER_VIEW_BASIC, const std::string& caller = "demo") {
    intake_v1::GetDossierRequest request;
    request.set_dossier_id(id);
    request.set_view(view);
    request.set_purpose("kiểm thử");
    intake_v1::GetDossierResponse reply;
    const auto status = call(intake_, &intake_v1::IntakeService::Stub::GetDossier, request, reply, caller);
    dossier = reply.dossier();
    return status;
  }
  routing_v1::Route route_of(const std::string& id) {
    routing_v1::GetRouteRequest request;
    request.set_dossier_id(id);
    routing_v1::GetRouteResponse reply;
    call(routing_, &routing_v1::RoutingService::Stub::GetRoute, request, reply);
    return reply.route();
  }
  /// The first leg that is offered, once there is one and agencies know it.
  /// Lists show what is behind by a moment: a leg that is `done` may still stand there as offered.
  agency_v1::WorkItem offered_work(const std::string& id, const std::set<std::uint32_t>& done = {}) {
    agency_v1::WorkItem found;
    EXPECT_TRUE(eventually([&] {
      const auto route = route_of(id);
      for (const auto& leg : route.legs()) {
        if (leg.state() != routing_v1::LEG_STATE_OFFERED || done.contains(leg.leg())) continue;
        agency_v1::ListWorkRequest request;
        request.set_agency(leg.agency());
        agency_v1::ListWorkResponse reply;
        call(agency_, &agency_v1::AgencyService::Stub::ListWork, request, reply);
        for (const auto& item : reply.items()) {
          if (item.work().dossier_id() != id || item.state() != agency_v1::WORK_STATE_OFFERED) continue;
          if (done.contains(item.work().leg())) continue;
          found = item;
          return true;
        }
      }
      return false;
    }));
    return found;
  }
  agency_v1::WorkAnswer answer(const agency_v1::WorkRef& work) {
    agency_v1::WorkAnswer out;
    out.mutable_header()->set_request_id(world_.next_uuid());
    *out.mutable_work() = work;
    return out;
  }

  /// One open StreamWork call.
  class Stream {
   public:
    Stream(ServicesApiTest& test, const agency_v1::StreamWorkStart& start, const std::string& caller = "demo") {
      context_.set_deadline(std::chrono::system_clock::now() + std::chrono::seconds(60));
      rpc::name_caller(context_, caller);
      call_ = test.agency_->StreamWork(&context_);
      agency_v1::StreamWorkRequest request;
      *request.mutable_start() = start;
      call_->Write(request);
    }
    ~Stream() {
      context_.TryCancel();
      agency_v1::StreamWorkResponse reply;
      while (call_ != nullptr && call_->Read(&reply)) {
      }
      if (call_ != nullptr) call_->Finish();
    }
    bool read(agency_v1::StreamWorkResponse& reply) {
      if (!call_->Read(&reply)) return false;
      if (!reply.cursor().empty()) cursor_ = reply.cursor();
      return true;
    }
    void send(std::vector<agency_v1::WorkAnswer> answers) {
      agency_v1::StreamWorkRequest request;
      for (auto& one : answers) *request.mutable_answers()->add_answers() = std::move(one);
      call_->Write(request);
    }
    /// Reads on until an item of this dossier comes.
    agency_v1::WorkItem item_of(const std::string& dossier) {
      agency_v1::StreamWorkResponse reply;
      while (read(reply)) {
        for (const auto& item : reply.items()) ++seen_[item.work().dossier_id()];
        for (const auto& item : reply.items()) {
          if (item.work().dossier_id() == dossier) return item;
        }
      }
      ADD_FAILURE() << "the stream ended: " << finish().error_message();
      return {};
    }
    agency_v1::WorkAnswerResult result_of(const std::string& request_id) {
      agency_v1::StreamWorkResponse reply;
      while (read(reply)) {
        for (const auto& result : reply.results()) {
          if (result.request_id() == request_id) return result;
        }
      }
      ADD_FAILURE() << "the stream ended: " << finish().error_message();
      return {};
    }
    void skip_snapshot() {
      agency_v1::StreamWorkResponse reply;
      while (read(reply) && !reply.snapshot_complete()) {
      }
    }
    grpc::Status finish() {
      auto status = call_->Finish();
      call_.reset();
      return status;
    }
    const std::string& cursor() const { return cursor_; }
    /// How often each dossier came.
    const std::map<std::string, int>& seen() const { return seen_; }

   private:
    grpc::ClientContext context_;
    std::unique_ptr<grpc::ClientReaderWriter<agency_v1::StreamWorkRequest, agency_v1::StreamWorkResponse>> call_;
    std::string cursor_;
    std::map<std::string, int> seen_;
  };
  static agency_v1::StreamWorkStart start_of(const std::string& agency, const std::string& cursor = {}) {
    agency_v1::StreamWorkStart start;
    start.set_agency(agency);
    start.set_cursor(cursor);
    return start;
  }
  void reconnect() {
    agency_ = agency_v1::AgencyService::NewStub(world_.channel());
    routing_ = routing_v1::RoutingService::NewStub(world_.channel());
  }
  /// Everything that stands in a ledger or in a file of the services.
  std::string everything_stored() {
    std::string all;
    std::mutex mutex;
    observe::SystemClock clock;
    for (const auto* ledger : {"intake", "routing", "agency-processing"}) {
      for (std::uint32_t p = 0; p < ApiWorld::kPartitions; ++p) {
        ledger::Follower follower(
            world_.log(), {ledger, p}, clock,
            [&](Offset, const block::BlockPtr& block) {
              const std::lock_guard lock(mutex);
              if (block != nullptr) all += block->record().value;
            },
            [](const LedgerPartition&, std::string_view, std::string_view) {});
        EXPECT_TRUE(eventually([&] { return follower.caught_up(); }));
      }
    }
    for (const auto& entry : std::filesystem::recursive_directory_iterator(world_.directory())) {
      if (!entry.is_regular_file()) continue;
      std::ifstream in(entry.path(), std::ios::binary);
      std::stringstream bytes;
      bytes << in.rdbuf();
      all += bytes.str();
    }
    return all;
  }

  /// Where the last pick-up that intake asked for is.
  kernel::v1::SealedRef pick_up_address() {
    kernel::v1::SealedRef found;
    observe::SystemClock clock;
    for (std::uint32_t p = 0; p < ApiWorld::kPartitions; ++p) {
      ledger::Follower follower(
          world_.log(), {"intake", p}, clock,
          [&](Offset, const block::BlockPtr& block) {
            for (std::size_t i = 0; block != nullptr && i < block->leaf_count(); ++i) {
              ::lienthong::ledger::v1::Leaf leaf;
              leaf.ParseFromString(std::string(block->leaf_bytes(i)));
              for (const auto& event : leaf.events()) {
                intake_v1::PickupRequested asked;
                if (event.type() != intake_v1::EVENT_TYPE_PICKUP_REQUESTED || !asked.ParseFromString(event.payload()))
                  continue;
                found = asked.address();
              }
            }
          },
          [](const LedgerPartition&, std::string_view, std::string_view) {});
      EXPECT_TRUE(eventually([&] { return follower.caught_up(); }));
    }
    return found;
  }

  ApiWorld world_;
  std::unique_ptr<intake_v1::IntakeService::Stub> intake_ = intake_v1::IntakeService::NewStub(world_.intake_channel());
  std::unique_ptr<intake_v1::ContentService::Stub> content_ = intake_v1::ContentService::NewStub(world_.intake_channel());
  std::unique_ptr<agency_v1::AgencyService::Stub> agency_ = agency_v1::AgencyService::NewStub(world_.channel());
  std::unique_ptr<routing_v1::RoutingService::Stub> routing_ = routing_v1::RoutingService::NewStub(world_.channel());
};

TEST_F(ServicesApiTest, ReceivesADossierAndShowsItToItsDesk) {
  const auto received = receive(kExtract);
  EXPECT_EQ(received.status(), intake_v1::DOSSIER_STATUS_RECEIVED);
  EXPECT_FALSE(received.dossier_code().empty());
  EXPECT_GT(received.appointment_time().seconds(), 0);

  intake_v1::Dossier full;
  ASSERT_THAT(get(received.dossier_id(), full, intake_v1::DOSSIER_VIEW_FULL), IsOk());
  ASSERT_EQ(full.contents_size(), 1);
  EXPECT_EQ(full.contents(0).applicant().full_name(), "Nguyễn Văn Mẫu (tên bịa)");
  EXPECT_EQ(full.contents(0).components(0).title(), "canary-title");
  EXPECT_THAT(world_.audited(), Contains("intake: demo for demo: kiểm thử"));

  intake_v1::GetDossierRequest by_code;
  by_code.set_dossier_code(received.dossier_code());
  intake_v1::GetDossierResponse reply;
  EXPECT_TRUE(eventually([&] { return call(intake_, &intake_v1::IntakeService::Stub::GetDossier, by_code, reply).ok(); }));
  EXPECT_EQ(reply.dossier().dossier_id(), received.dossier_id());

  intake_v1::ListDossiersRequest list;
  list.set_agency(received.received_by());
  intake_v1::ListDossiersResponse page;
  EXPECT_TRUE(eventually([&] {
    return call(intake_, &intake_v1::IntakeService::Stub::ListDossiers, list, page).ok() && page.dossiers_size() == 1;
  }));
  EXPECT_EQ(page.dossiers(0).dossier_id(), received.dossier_id());
  EXPECT_EQ(page.counts_size(), 10);
}

TEST_F(ServicesApiTest, GivesTheSameAnswerToTheSameRequestAndRefusesOtherContent) {
  auto request = application(kExtract);
  intake_v1::ReceiveDossierResponse first;
  intake_v1::ReceiveDossierResponse second;
  ASSERT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, request, first), IsOk());
  ASSERT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, request, second), IsOk());
  EXPECT_FALSE(first.result().replayed());
  EXPECT_TRUE(second.result().replayed());
  EXPECT_EQ(second.dossier().dossier_code(), first.dossier().dossier_code());
  request.mutable_application()->mutable_applicant()->set_full_name("Trần Thị Ví Dụ (tên bịa)");
  EXPECT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, request, second),
              HasStatus(grpc::StatusCode::ALREADY_EXISTS, "REQUEST_ID_REUSED"));
}

TEST_F(ServicesApiTest, NamesTheFieldThatBreaksARuleOfForm) {
  auto request = application(kExtract);
  request.mutable_application()->mutable_applicant()->clear_full_name();
  intake_v1::ReceiveDossierResponse reply;
  const auto no_name = call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, request, reply);
  EXPECT_THAT(no_name, HasStatus(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  EXPECT_EQ(to_error(no_name).violations.at(0).field, "application.applicant.full_name");

  request = application(kExtract);
  request.mutable_application()->set_home_key("H47.22.03");
  EXPECT_EQ(to_error(call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, request, reply)).violations.at(0).field,
            "header.request_id");

  request = application("9.999999");
  EXPECT_EQ(call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, request, reply).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServicesApiTest, HidesADossierOfAnotherAgencyAsIfItWereMissing) {
  const auto received = receive(kExtract);
  intake_v1::Dossier dossier;
  const auto hidden = get(received.dossier_id(), dossier, intake_v1::DOSSIER_VIEW_BASIC, "elsewhere");
  const auto missing =
      get(std::string(ApiWorld::kCommune) + "_" + std::string(26, '0'), dossier, intake_v1::DOSSIER_VIEW_BASIC, "elsewhere");
  EXPECT_EQ(hidden.error_code(), grpc::StatusCode::NOT_FOUND);
  EXPECT_EQ(hidden.error_details(), missing.error_details());

  intake_v1::WithdrawDossierRequest withdraw;
  withdraw.mutable_header()->set_request_id(world_.next_uuid());
  withdraw.set_dossier_id(received.dossier_id());
  withdraw.set_reason("lý do");
  intake_v1::WithdrawDossierResponse reply;
  EXPECT_EQ(call(intake_, &intake_v1::IntakeService::Stub::WithdrawDossier, withdraw, reply, "elsewhere").error_code(),
            grpc::StatusCode::NOT_FOUND);

  intake_v1::ListDossiersRequest list;
  list.set_agency(received.received_by());
  intake_v1::ListDossiersResponse page;
  EXPECT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ListDossiers, list, page, "elsewhere"),
              HasStatus(grpc::StatusCode::PERMISSION_DENIED, "NOT_GRANTED"));
}

TEST_F(ServicesApiTest, NamesAnAgencyThatNobodyHasInsteadOfListingNothing) {
  intake_v1::ListDossiersRequest dossiers;
  dossiers.set_agency("H47.99.99");
  intake_v1::ListDossiersResponse page;
  EXPECT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ListDossiers, dossiers, page),
              HasStatus(grpc::StatusCode::INVALID_ARGUMENT, "AGENCY_UNKNOWN"));
  agency_v1::ListWorkRequest work;
  work.set_agency("H47.99.99");
  agency_v1::ListWorkResponse inbox;
  EXPECT_THAT(call(agency_, &agency_v1::AgencyService::Stub::ListWork, work, inbox),
              HasStatus(grpc::StatusCode::INVALID_ARGUMENT, "AGENCY_UNKNOWN"));
  EXPECT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ListDossiers, dossiers, page, "elsewhere"),
              HasStatus(grpc::StatusCode::PERMISSION_DENIED, "NOT_GRANTED"));
}

TEST_F(ServicesApiTest, ErasesWhatItSealedWhereverItStands) {
  const auto received = receive(kExtract);
  EXPECT_THAT(everything_stored(), Not(HasSubstr("canary")));

  intake_v1::ErasePersonalDataRequest erase;
  erase.mutable_header()->set_request_id(world_.next_uuid());
  erase.set_dossier_id(received.dossier_id());
  erase.set_reason_code("RETENTION_ENDED");
  erase.set_reason("canary-reason");
  intake_v1::ErasePersonalDataResponse erased;
  ASSERT_THAT(call(intake_, &intake_v1::IntakeService::Stub::ErasePersonalData, erase, erased, "operator"), IsOk());
  EXPECT_TRUE(erased.dossier().erased());

  intake_v1::Dossier full;
  ASSERT_THAT(get(received.dossier_id(), full, intake_v1::DOSSIER_VIEW_FULL), IsOk());
  EXPECT_EQ(full.contents_size(), 0);
  intake_v1::GetContentRequest content;
  content.set_dossier_id(received.dossier_id());
  content.set_purpose("kiểm thử");
  intake_v1::GetContentResponse contents;
  EXPECT_THAT(call(content_, &intake_v1::ContentService::Stub::GetContent, content, contents, "agency-processing"),
              HasStatus(grpc::StatusCode::FAILED_PRECONDITION, "PERSONAL_DATA_ERASED"));
  EXPECT_THAT(everything_stored(), Not(HasSubstr("canary")));
}

TEST_F(ServicesApiTest, GivesSealedContentToServicesOnly) {
  const auto received = receive(kExtract);
  intake_v1::GetContentRequest content;
  content.set_dossier_id(received.dossier_id());
  content.set_purpose("kiểm thử");
  intake_v1::GetContentResponse contents;
  EXPECT_THAT(call(content_, &intake_v1::ContentService::Stub::GetContent, content, contents, "demo"),
              HasStatus(grpc::StatusCode::PERMISSION_DENIED, "NOT_GRANTED"));
  EXPECT_THAT(call(content_, &intake_v1::ContentService::Stub::GetContent, content, contents, "agency-processing"), IsOk());
  EXPECT_EQ(contents.contents(0).note(), "canary-note");
}

TEST_F(ServicesApiTest, TellsNotificationAloneWhomToTell) {
  const auto received = receive(kExtract);
  auto contact = intake_v1::ContactService::NewStub(world_.intake_channel());
  intake_v1::GetContactRequest wanted;
  wanted.set_dossier_id(received.dossier_id());
  wanted.set_purpose("notice received");
  intake_v1::GetContactResponse found;
  for (const char* other : {"demo", "agency-processing", "operator"}) {
    EXPECT_THAT(call(contact, &intake_v1::ContactService::Stub::GetContact, wanted, found, other),
                HasStatus(grpc::StatusCode::PERMISSION_DENIED, "NOT_GRANTED"));
  }
  ASSERT_THAT(call(contact, &intake_v1::ContactService::Stub::GetContact, wanted, found, "notification"), IsOk());
  EXPECT_EQ(found.full_name(), "Nguyễn Văn Mẫu (tên bịa)");
  EXPECT_FALSE(found.by_proxy());
  EXPECT_THAT(world_.audited(), Contains("intake: notification for notification: notice received"));

  intake_v1::GetContactRequest aimless = wanted;
  aimless.clear_purpose();
  EXPECT_THAT(call(contact, &intake_v1::ContactService::Stub::GetContact, aimless, found, "notification"),
              HasStatus(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD"));
  intake_v1::GetContactRequest foreign = wanted;
  foreign.add_texts()->set_key_ref("no such key");
  foreign.mutable_texts(0)->set_sha256(std::string(32, 'x'));
  EXPECT_FALSE(call(contact, &intake_v1::ContactService::Stub::GetContact, foreign, found, "notification").ok());
}

TEST_F(ServicesApiTest, AsksThePostAsTheApplicantWantsAndKeepsTheAddressSealed) {
  const auto counter = application(kExtract);
  intake_v1::SubmitDossierRequest request;
  *request.mutable_header() = counter.header();
  *request.mutable_application() = counter.application();
  auto& post = *request.mutable_application()->mutable_post();
  post.set_carrier("vnpost");
  for (auto* address : {post.mutable_pick_up_at(), post.mutable_deliver_to()}) {
    address->set_name("canary-name");
    address->set_line("canary-line");
    address->set_province("Quảng Nam");
  }
  intake_v1::SubmitDossierResponse reply;
  ASSERT_THAT(call(intake_, &intake_v1::IntakeService::Stub::SubmitDossier, request, reply), IsOk());
  EXPECT_TRUE(reply.dossier().post().pick_up());
  EXPECT_TRUE(reply.dossier().post().deliver());
  EXPECT_THAT(everything_stored(), Not(HasSubstr("canary")));

  auto contact = intake_v1::ContactService::NewStub(world_.intake_channel());
  intake_v1::GetAddressRequest wanted;
  wanted.set_dossier_id(reply.dossier().dossier_id());
  wanted.set_purpose("shipment 1");
  *wanted.mutable_address() = pick_up_address();
  intake_v1::GetAddressResponse found;
  EXPECT_THAT(call(contact, &intake_v1::ContactService::Stub::GetAddress, wanted, found, "demo"),
              HasStatus(grpc::StatusCode::PERMISSION_DENIED, "NOT_GRANTED"));
  ASSERT_THAT(call(contact, &intake_v1::ContactService::Stub::GetAddress, wanted, found, "postal-dispatch"), IsOk());
  EXPECT_EQ(found.address().line(), "canary-line");
  EXPECT_THAT(world_.audited(), Contains("intake: postal-dispatch for postal-dispatch: shipment 1"));
}

TEST_F(ServicesApiTest, NamesTheFieldOfAWishToThePostThatIsNone) {
  struct Case {
    const char* field;
    void (*make)(intake_v1::PostalRequest&);
  };
  const auto fill = [](postal::v1::Address& address) {
    address.set_name("a");
    address.set_line("b");
    address.set_province("c");
  };
  const Case cases[] = {{"application.post.carrier", [](auto& post) { post.clear_carrier(); }},
                        {"application.post", [](auto& post) { post.clear_deliver_to(); }},
                        {"application.post.deliver_to.line", [](auto& post) { post.mutable_deliver_to()->clear_line(); }},
                        {"application.post.collect", [](auto& post) { post.set_collect(-1); }},
                        {"application.post.pick_up_fee", [](auto& post) { post.set_pick_up_fee(-1); }},
                        {"application.post.pick_up_at", [](auto& post) { *post.mutable_pick_up_at() = post.deliver_to(); }}};
  for (const auto& [field, make] : cases) {
    auto request = application(kExtract);
    auto& post = *request.mutable_application()->mutable_post();
    post.set_carrier("vnpost");
    fill(*post.mutable_deliver_to());
    make(post);
    intake_v1::ReceiveDossierResponse reply;
    const auto status = call(intake_, &intake_v1::IntakeService::Stub::ReceiveDossier, request, reply);
    EXPECT_THAT(status, HasStatus(grpc::StatusCode::INVALID_ARGUMENT, "INVALID_FIELD")) << field;
    EXPECT_EQ(to_error(status).violations.at(0).field, field);
  }
}

TEST_F(ServicesApiTest, PassesALinkedDossierThroughItsAgenciesOnStreams) {
  const auto received = receive(kAllowance);
  int legs = 0;
  std::set<std::uint32_t> done;
  while (route_of(received.dossier_id()).state() != routing_v1::ROUTE_STATE_RESOLVED) {
    ASSERT_LT(++legs, 10);
    const auto agency = offered_work(received.dossier_id(), done).agency();
    Stream stream(*this, start_of(agency));
    auto item = stream.item_of(received.dossier_id());
    while (done.contains(item.work().leg())) item = stream.item_of(received.dossier_id());
    done.insert(item.work().leg());
    EXPECT_EQ(item.agency(), agency);
    auto accept = answer(item.work());
    accept.mutable_accept()->set_receipt_code("SO-" + std::to_string(legs));
    stream.send({accept});
    EXPECT_EQ(stream.result_of(accept.header().request_id()).state(), agency_v1::WORK_STATE_ACCEPTED);
    auto complete = answer(item.work());
    complete.mutable_complete()->set_note("canary-result");
    stream.send({complete});
    const auto result = stream.result_of(complete.header().request_id());
    // Who sent the leg to itself has the result in hand already.
    EXPECT_EQ(result.state(), item.sender() == agency ? agency_v1::WORK_STATE_CONFIRMED : agency_v1::WORK_STATE_COMPLETED)
        << result.failure().message_en();
    EXPECT_TRUE(eventually([&] {
      const auto route = route_of(received.dossier_id());
      return route.state() == routing_v1::ROUTE_STATE_RESOLVED ||
             std::any_of(route.legs().begin(), route.legs().end(), [&](const auto& leg) {
               return leg.state() == routing_v1::LEG_STATE_OFFERED && !done.contains(leg.leg());
             });
    }));
  }
  EXPECT_GE(legs, 2);
  intake_v1::Dossier dossier;
  EXPECT_TRUE(eventually(
      [&] { return get(received.dossier_id(), dossier).ok() && dossier.status() == intake_v1::DOSSIER_STATUS_PROCESSED; }));
  EXPECT_THAT(everything_stored(), Not(HasSubstr("canary")));
}

TEST_F(ServicesApiTest, GoesOnFromTheCursorAfterARestartWithoutSkippingOrRepeating) {
  const auto first = receive(kExtract);
  const auto agency = offered_work(first.dossier_id()).agency();
  std::string cursor;
  {
    Stream stream(*this, start_of(agency));
    stream.skip_snapshot();
    const auto second = receive(kExtract);
    EXPECT_EQ(stream.item_of(second.dossier_id()).state(), agency_v1::WORK_STATE_OFFERED);
    cursor = stream.cursor();
  }
  std::vector<std::string> missed;
  for (int i = 0; i < 5; ++i) missed.push_back(receive(kExtract).dossier_id());
  world_.restart_agency_api();
  reconnect();
  Stream stream(*this, start_of(agency, cursor));
  const auto last = receive(kExtract).dossier_id();
  missed.push_back(last);
  for (const auto& dossier : missed) {
    if (!stream.seen().contains(dossier)) stream.item_of(dossier);
  }
  for (const auto& dossier : missed) EXPECT_EQ(stream.seen().at(dossier), 1);
  EXPECT_EQ(stream.seen().size(), missed.size());
}

TEST_F(ServicesApiTest, StartsAnewWithASnapshotWhenTheCursorIsOfAnotherSystem) {
  const auto received = receive(kExtract);
  const auto agency = offered_work(received.dossier_id()).agency();
  std::string foreign;
  {
    Stream stream(*this, start_of(agency));
    stream.skip_snapshot();
    foreign = stream.cursor();
  }
  foreign[4] = static_cast<char>(foreign[4] ^ 1);  // within the hash of the block before
  receive(kExtract);
  receive(kExtract);
  receive(kExtract);
  Stream stream(*this, start_of(agency, foreign));
  EXPECT_EQ(stream.item_of(received.dossier_id()).state(), agency_v1::WORK_STATE_OFFERED);

  Stream broken(*this, start_of(agency, "no cursor"));
  agency_v1::StreamWorkResponse reply;
  EXPECT_FALSE(broken.read(reply));
  EXPECT_THAT(broken.finish(), HasStatus(grpc::StatusCode::INVALID_ARGUMENT, "CURSOR_INVALID"));
}

TEST_F(ServicesApiTest, DividesTheWorkAmongWorkersByShard) {
  std::set<std::string> all;
  std::string agency;
  for (int i = 0; i < 12; ++i) all.insert(receive(kExtract).dossier_id());
  for (const auto& dossier : all) agency = offered_work(dossier).agency();
  std::map<std::string, int> times;
  for (std::uint32_t shard = 0; shard < 3; ++shard) {
    auto start = start_of(agency);
    start.set_shard_index(shard);
    start.set_shard_count(3);
    Stream stream(*this, start);
    agency_v1::StreamWorkResponse reply;
    do {
      ASSERT_TRUE(stream.read(reply));
      for (const auto& item : reply.items()) ++times[item.work().dossier_id()];
    } while (!reply.snapshot_complete());
  }
  for (const auto& dossier : all) EXPECT_EQ(times[dossier], 1);
}

TEST_F(ServicesApiTest, RefusesAStreamOfAnotherAgencyAndEndsStreamsWhenItStops) {
  Stream foreign(*this, start_of("H47.22.02"), "elsewhere");
  agency_v1::StreamWorkResponse reply;
  EXPECT_FALSE(foreign.read(reply));
  EXPECT_THAT(foreign.finish(), HasStatus(grpc::StatusCode::PERMISSION_DENIED, "NOT_GRANTED"));

  Stream stream(*this, start_of("H47.22.02"));
  stream.skip_snapshot();
  do {
    ASSERT_TRUE(stream.read(reply));
  } while (!reply.has_heartbeat());
  EXPECT_EQ(reply.heartbeat().lags_size(), static_cast<int>(ApiWorld::kPartitions));
  world_.stop_streams();
  while (stream.read(reply)) {
  }
  EXPECT_THAT(stream.finish(), HasStatus(grpc::StatusCode::UNAVAILABLE, "DROPPED"));
}

TEST_F(ServicesApiTest, AnswersEachItemOfABatchByItself) {
  const auto first = offered_work(receive(kExtract).dossier_id());
  const auto second = offered_work(receive(kExtract).dossier_id());
  agency_v1::AnswerWorkRequest request;
  *request.add_answers() = answer(first.work());
  request.mutable_answers(0)->mutable_accept();
  *request.add_answers() = answer(second.work());
  request.mutable_answers(1)->mutable_header()->set_request_id("no uuid");
  request.mutable_answers(1)->mutable_accept();
  *request.add_answers() = answer(second.work());
  request.mutable_answers(2)->mutable_accept();
  agency_v1::AnswerWorkResponse reply;
  ASSERT_THAT(call(agency_, &agency_v1::AgencyService::Stub::AnswerWork, request, reply), IsOk());
  ASSERT_EQ(reply.results_size(), 3);
  EXPECT_EQ(reply.results(0).state(), agency_v1::WORK_STATE_ACCEPTED);
  EXPECT_EQ(reply.results(1).failure().reason(), "REQUEST_ID_INVALID");
  EXPECT_EQ(reply.results(2).state(), agency_v1::WORK_STATE_ACCEPTED);

  for (int i = 0; i < 200; ++i) *request.add_answers() = answer(first.work());
  EXPECT_EQ(call(agency_, &agency_v1::AgencyService::Stub::AnswerWork, request, reply).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServicesApiTest, LetsTheFirstAcceptanceWinAndKnowsARetryWhicheverWayItComes) {
  const auto work = offered_work(receive(kExtract).dossier_id()).work();
  agency_v1::AcceptWorkRequest accept;
  accept.mutable_header()->set_request_id(world_.next_uuid());
  *accept.mutable_work() = work;
  accept.mutable_accept();
  agency_v1::AcceptWorkResponse accepted;
  ASSERT_THAT(call(agency_, &agency_v1::AgencyService::Stub::AcceptWork, accept, accepted), IsOk());
  EXPECT_EQ(accepted.item().state(), agency_v1::WORK_STATE_ACCEPTED);

  agency_v1::AnswerWorkRequest again;
  auto& retry = *again.add_answers();
  *retry.mutable_header() = accept.header();
  *retry.mutable_work() = work;
  retry.mutable_accept();
  agency_v1::AnswerWorkResponse reply;
  ASSERT_THAT(call(agency_, &agency_v1::AgencyService::Stub::AnswerWork, again, reply), IsOk());
  EXPECT_TRUE(reply.results(0).result().replayed());

  accept.mutable_header()->set_request_id(world_.next_uuid());
  EXPECT_THAT(call(agency_, &agency_v1::AgencyService::Stub::AcceptWork, accept, accepted),
              HasStatus(grpc::StatusCode::FAILED_PRECONDITION, "ALREADY_ACCEPTED"));
}

TEST_F(ServicesApiTest, ShowsTheContentOfWorkToItsAgencyAndRecordsTheLook) {
  const auto item = offered_work(receive(kExtract).dossier_id());
  agency_v1::GetWorkRequest request;
  *request.mutable_work() = item.work();
  request.set_purpose("thẩm định");
  agency_v1::GetWorkResponse reply;
  ASSERT_THAT(call(agency_, &agency_v1::AgencyService::Stub::GetWork, request, reply), IsOk());
  ASSERT_EQ(reply.contents_size(), 1);
  EXPECT_EQ(reply.contents(0).applicant().phone(), "canary-phone");
  EXPECT_THAT(world_.audited(), Contains("agency: demo for " + item.agency() + ": thẩm định"));
  EXPECT_THAT(world_.audited(), Contains("intake: agency-processing for demo: thẩm định"));

  const auto hidden = call(agency_, &agency_v1::AgencyService::Stub::GetWork, request, reply, "elsewhere");
  EXPECT_THAT(hidden, HasStatus(grpc::StatusCode::NOT_FOUND, "WORK_NOT_FOUND"));
  request.mutable_work()->set_leg(99);
  EXPECT_EQ(call(agency_, &agency_v1::AgencyService::Stub::GetWork, request, reply).error_details(), hidden.error_details());
  request.clear_purpose();
  EXPECT_EQ(call(agency_, &agency_v1::AgencyService::Stub::GetWork, request, reply).error_code(),
            grpc::StatusCode::INVALID_ARGUMENT);
}

TEST_F(ServicesApiTest, ShowsTheContentOfEndedWorkOnlyForTheTimeThatIsSet) {
  const auto item = offered_work(receive(kExtract).dossier_id());
  auto complete = answer(item.work());
  complete.mutable_complete()->set_accept(true);
  agency_v1::AnswerWorkRequest answers;
  *answers.add_answers() = complete;
  agency_v1::AnswerWorkResponse answered;
  ASSERT_THAT(call(agency_, &agency_v1::AgencyService::Stub::AnswerWork, answers, answered), IsOk());
  agency_v1::GetWorkRequest request;
  *request.mutable_work() = item.work();
  request.set_purpose("thẩm định");
  agency_v1::GetWorkResponse reply;
  EXPECT_THAT(call(agency_, &agency_v1::AgencyService::Stub::GetWork, request, reply), IsOk());
  world_.restart_agency_api(Duration(0));
  reconnect();
  EXPECT_THAT(call(agency_, &agency_v1::AgencyService::Stub::GetWork, request, reply),
              HasStatus(grpc::StatusCode::NOT_FOUND, "WORK_NOT_FOUND"));
}

TEST_F(ServicesApiTest, AsksForASupplementAndTellsTheStreamWhenItIsThere) {
  const auto received = receive(kExtract);
  const auto item = offered_work(received.dossier_id());
  Stream stream(*this, start_of(item.agency()));
  stream.skip_snapshot();
  auto accept = answer(item.work());
  accept.mutable_accept();
  auto ask = answer(item.work());
  ask.mutable_ask_supplement()->set_reason_code("PAPERS_MISSING");
  ask.mutable_ask_supplement()->set_reason("canary-missing");
  stream.send({accept});
  stream.result_of(accept.header().request_id());
  stream.send({ask});
  const auto asked = stream.result_of(ask.header().request_id());
  EXPECT_EQ(asked.state(), agency_v1::WORK_STATE_SUSPENDED) << asked.failure().message_en();
  intake_v1::Dossier dossier;
  ASSERT_TRUE(eventually([&] {
    return get(received.dossier_id(), dossier).ok() && dossier.status() == intake_v1::DOSSIER_STATUS_SUPPLEMENT_REQUESTED;
  }));

  intake_v1::RecordSupplementRequest supplement;
  supplement.mutable_header()->set_request_id(world_.next_uuid());
  supplement.set_dossier_id(received.dossier_id());
  supplement.set_note("canary-supplement");
  intake_v1::RecordSupplementResponse recorded;
  ASSERT_THAT(call(intake_, &intake_v1::IntakeService::Stub::RecordSupplement, supplement, recorded), IsOk());
  const auto resumed = stream.item_of(received.dossier_id());
  EXPECT_EQ(resumed.state(), agency_v1::WORK_STATE_ACCEPTED);

  // The reason stands in the agency's ledger, which is read a moment later; until then the answer is UNAVAILABLE.
  ASSERT_TRUE(eventually([&] { return get(received.dossier_id(), dossier, intake_v1::DOSSIER_VIEW_FULL).ok(); }));
  ASSERT_EQ(dossier.contents_size(), 2);
  EXPECT_EQ(dossier.contents(1).note(), "canary-supplement");
  EXPECT_THAT(dossier.reasons(), ElementsAre("canary-missing"));
  EXPECT_THAT(everything_stored(), Not(HasSubstr("canary")));
}

TEST_F(ServicesApiTest, TellsTheSenderOfALegWhenItsResultIsThereAndTheAgencyWhenItIsConfirmed) {
  const auto received = receive(kAllowance);
  const auto complete = [&](const agency_v1::WorkRef& work) {
    agency_v1::CompleteWorkRequest request;
    request.mutable_header()->set_request_id(world_.next_uuid());
    *request.mutable_work() = work;
    request.mutable_complete()->set_accept(true);
    agency_v1::CompleteWorkResponse reply;
    ASSERT_THAT(call(agency_, &agency_v1::AgencyService::Stub::CompleteWork, request, reply), IsOk());
  };
  const auto first = offered_work(received.dossier_id());
  complete(first.work());
  const auto second = offered_work(received.dossier_id(), {first.work().leg()});
  ASSERT_NE(second.sender(), second.agency());
  Stream sender(*this, start_of(second.sender()));
  Stream agency(*this, start_of(second.agency()));
  sender.skip_snapshot();
  agency.skip_snapshot();
  complete(second.work());
  const auto returned = sender.item_of(received.dossier_id());
  EXPECT_EQ(returned.state(), agency_v1::WORK_STATE_COMPLETED);
  EXPECT_EQ(returned.work().leg(), second.work().leg());

  agency_v1::ListWorkRequest list;
  list.set_agency(second.sender());
  list.set_to_confirm(true);
  agency_v1::ListWorkResponse results;
  EXPECT_TRUE(eventually([&] {
    return call(agency_, &agency_v1::AgencyService::Stub::ListWork, list, results).ok() && results.items_size() == 1;
  }));

  agency_v1::ConfirmResultRequest confirm;
  confirm.mutable_header()->set_request_id(world_.next_uuid());
  *confirm.mutable_work() = second.work();
  agency_v1::ConfirmResultResponse confirmed;
  ASSERT_THAT(call(agency_, &agency_v1::AgencyService::Stub::ConfirmResult, confirm, confirmed), IsOk());
  EXPECT_EQ(agency.item_of(received.dossier_id()).state(), agency_v1::WORK_STATE_CONFIRMED);
}

}  // namespace
}  // namespace lienthong
