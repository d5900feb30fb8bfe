#include "platform/ledger/host.h"

#include "platform/crypto/sha256.h"
#include "platform/memory/in_memory_log.h"
#include "platform/memory/in_memory_projection.h"
#include "platform/observe/system_clock.h"
#include "platform/observe/system_entropy.h"
#include "platform/ports/installation.h"
#include "platform/sqlite/interlock.h"
#include "platform/sqlite/sole_ownership.h"
#include "platform/sqlite/sqlite_log.h"
#include "platform/sqlite/sqlite_projection.h"
#include "tests/support/child_process.h"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <chrono>
#include <condition_variable>
#include <filesystem>
#include <future>
#include <mutex>
#include <set>
#include <thread>

namespace lienthong::ledger {
namespace {

using std::chrono::seconds;
using test_support::TemporaryDirectory;

constexpr std::uint32_t kPartitions = 4;
constexpr std::uint32_t kAdd = 1;
constexpr std::uint32_t kAdded = 1;

// A dossier is a sum: every command adds its body, every input of `adder` is copied.
class Sum final : public Machine {
 public:
  Sum(LedgerName name, std::vector<std::pair<LedgerName, EventMask>> sources)
      : name_(std::move(name)), sources_(std::move(sources)) {}
  LedgerName name() const override { return name_; }
  std::uint32_t logic() const override { return 1; }
  Decided decide(Context&, const Rules*, std::string_view, const CauseView& cause) const override {
    Decided decided;
    if (const auto* command = std::get_if<CommandCause>(&cause)) {
      if (command->body == "no") {
        decided.refusal = Error{ErrorCode::kFailedPrecondition, "REFUSED", "Từ chối.", "Refused."};
        return decided;
      }
      decided.events.emplace_back().set_type(kAdded);
      decided.events.back().set_payload(std::string(command->body));
    } else if (const auto* input = std::get_if<InputCause>(&cause)) {
      decided.events.assign(input->leaf->events().begin(), input->leaf->events().end());
    }
    return decided;
  }
  Result<void> evolve(std::string& state, const v1::Leaf& leaf) const override {
    int sum = state.empty() ? 0 : std::stoi(state);
    for (const auto& event : leaf.events()) sum += std::stoi(event.payload());
    state = std::to_string(sum);
    return {};
  }
  IndexEntries index_entries(std::string_view) const override { return {}; }
  std::vector<std::pair<LedgerName, EventMask>> sources() const override { return sources_; }

 private:
  LedgerName name_;
  std::vector<std::pair<LedgerName, EventMask>> sources_;
};

std::shared_ptr<const Machine> adder() {
  return std::make_shared<Sum>("adder", std::vector<std::pair<LedgerName, EventMask>>{});
}
std::shared_ptr<const Machine> copier() {
  return std::make_shared<Sum>("copier", std::vector<std::pair<LedgerName, EventMask>>{{"adder", mask_of(kAdded)}});
}

DossierId dossier(int n) { return *DossierId::from(crypto::sha256({"dossier", std::to_string(n)}).view().substr(0, 16)); }
std::uint32_t partition_of(int n) { return static_cast<std::uint32_t>(n) % kPartitions; }

CommandRequest add(int n, int request, std::string body = "1") {
  CommandRequest command;
  command.dossier = dossier(n);
  command.request = *RequestId::from(crypto::sha256({"request", std::to_string(request)}).view().substr(0, 16));
  command.digest = crypto::request_digest("key", body);
  command.principal = "tester";
  command.type = kAdd;
  command.body = std::move(body);
  return command;
}

std::future<Reply> submit(Gateway& gateway, int n, CommandRequest command) {
  auto promise = std::make_shared<std::promise<Reply>>();
  command.reply = [promise](Reply reply) { promise->set_value(std::move(reply)); };
  gateway.submit(partition_of(n), std::move(command));
  return promise->get_future();
}

Reply answer_to(Gateway& gateway, int n, const std::function<CommandRequest()>& command) {
  // UNAVAILABLE says: nothing was done for this answer, send the same request again.
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  for (;;) {
    Reply reply = submit(gateway, n, command()).get();
    if (!reply.error || reply.error->code != ErrorCode::kUnavailable || std::chrono::steady_clock::now() > until)
      return reply;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
}

Reply read(Gateway& gateway, int n, bool strict = false) {
  auto promise = std::make_shared<std::promise<Reply>>();
  ReadRequest request;
  request.dossier = dossier(n);
  request.strict = strict;
  request.reply = [promise](Reply reply) { promise->set_value(std::move(reply)); };
  gateway.read(partition_of(n), std::move(request));
  return promise->get_future().get();
}

std::string value_of(const Reply& reply) { return reply.value ? reply.value->state() : ""; }

bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(2));
  }
  return true;
}

// Takes part in nothing by itself; the test says who owns what.
class TestOwners {
 public:
  JoinOwners joiner() {
    return [this](const LedgerName& ledger, std::uint32_t,
                  ports::OwnershipSink& sink) -> Result<std::unique_ptr<ports::Ownership>> {
      sinks_[ledger] = &sink;
      return std::make_unique<Member>();
    };
  }
  ports::OwnershipSink& of(const LedgerName& ledger) { return *sinks_.at(ledger); }

 private:
  class Member final : public ports::Ownership {
   public:
    void leave() override {}
  };
  std::map<LedgerName, ports::OwnershipSink*> sinks_;
};

Result<std::unique_ptr<ports::Ownership>> own_all(const LedgerName&, std::uint32_t count, ports::OwnershipSink& sink) {
  return std::make_unique<sqlite::SoleOwnership>(sink, count);
}

class Alarmed {
 public:
  AlarmSink sink() {
    return [this](const LedgerPartition& partition, std::string_view what, std::string_view detail) {
      const std::lock_guard lock(mutex_);
      raised_.push_back(partition.topic() + " " + std::string(what) + " " + std::string(detail));
    };
  }
  std::vector<std::string> raised() {
    const std::lock_guard lock(mutex_);
    return raised_;
  }

 private:
  std::mutex mutex_;
  std::vector<std::string> raised_;
};

const ports::Installation kInstallation{{{"adder", kPartitions}, {"copier", kPartitions}}, 1, 1};

std::unique_ptr<Host> start_host(ports::LogBackend& log, ports::ProjectionBackend& projection, const ports::Clock& clock,
                                 const TemporaryDirectory& directory, JoinOwners join_owners, AlarmSink alarms,
                                 const HostSettings& wanted = {}, std::vector<ServicePlan> services = {}) {
  HostSettings settings = wanted;
  settings.suspect_dir = directory.path();
  if (services.empty()) services = {{adder(), kPartitions, nullptr}, {copier(), kPartitions, nullptr}};
  HostPorts ports{log,
                  projection,
                  clock,
                  [] { return std::make_unique<observe::SystemEntropy>(); },
                  std::move(join_owners),
                  std::move(alarms)};
  auto host = Host::start(std::move(ports), settings, std::move(services));
  EXPECT_TRUE(host.has_value());
  EXPECT_TRUE((*host)->join().has_value());
  return *std::move(host);
}

class NoSink final : public ports::LogSink {
  void on_log(ports::LogMessage) override {}
};

void make_ledgers(memory::InMemoryLog& log) {
  observe::SystemEntropy entropy;
  NoSink sink;
  const auto attachment = log.attach(sink);
  for (const auto& plan : kInstallation.ledgers) {
    for (std::uint32_t p = 0; p < plan.partition_count; ++p) {
      attachment->append({plan.ledger, p},
                         ports::make_genesis(kInstallation, {plan.ledger, p}, plan.partition_count, "", entropy, {1}), p);
    }
  }
}

class HostInMemory : public ::testing::Test {
 protected:
  HostInMemory() { make_ledgers(log_); }
  memory::InMemoryLog log_;
  memory::InMemoryProjection projection_;
  observe::SystemClock clock_;
  TemporaryDirectory directory_;
  Alarmed alarms_;
};

TEST_F(HostInMemory, AcknowledgesCommandsAndPassesThemOnToTheServiceThatReadsThem) {
  HostSettings settings;
  settings.lane_threads = 2;
  auto host = start_host(log_, projection_, clock_, directory_, own_all, alarms_.sink(), settings);
  ASSERT_TRUE(eventually([&] { return host->serving(); }));
  constexpr int kDossiers = 40;
  constexpr int kEach = 25;
  std::vector<std::thread> clients;
  for (int client = 0; client < 4; ++client) {
    clients.emplace_back([&, client] {
      for (int i = 0; i < kEach; ++i) {
        for (int n = client; n < kDossiers; n += 4) {
          const Reply reply = answer_to(host->gateway("adder"), n, [&] { return add(n, n * kEach + i); });
          EXPECT_FALSE(reply.error);
          EXPECT_EQ(reply.dossier_seq, static_cast<std::uint64_t>(i) + 1);
          EXPECT_EQ(value_of(reply), std::to_string(i + 1));
        }
      }
    });
  }
  for (auto& client : clients) client.join();
  for (int n = 0; n < kDossiers; ++n) {
    EXPECT_TRUE(eventually([&] { return value_of(read(host->gateway("copier"), n)) == std::to_string(kEach); })) << n;
  }
  EXPECT_EQ(value_of(read(host->gateway("adder"), 3, true)), std::to_string(kEach));
  const auto views = host->views();
  ASSERT_EQ(views.size(), 2 * kPartitions);
  for (const auto& [partition, view] : views) EXPECT_EQ(view.state, LaneState::kServing) << partition.topic();
  host->stop();
  EXPECT_FALSE(host->serving());
  EXPECT_THAT(alarms_.raised(), ::testing::IsEmpty());
}

// Takes what is published, loses some of it on request, and notes it as `partition/block/leaf`.
class Newspaper final : public ports::PublisherBackend {
 public:
  std::unique_ptr<ports::Publisher> attach(ports::PublisherSink& sink) override {
    return std::make_unique<Attachment>(*this, sink);
  }
  std::vector<std::string> told(const std::string& where) {
    const std::lock_guard lock(mutex_);
    return told_[where];
  }
  std::atomic<int> fail_every = 0;

 private:
  class Attachment final : public ports::Publisher {
   public:
    Attachment(Newspaper& paper, ports::PublisherSink& sink) : paper_(paper), sink_(sink) {}
    void publish(const LedgerPartition& partition, const block::BlockPtr& block, std::size_t leaf,
                 ports::Ticket ticket) override {
      if (paper_.fail_every != 0 && ++count_ % paper_.fail_every == 0) failed_.insert(partition);
      if (!failed_.contains(partition)) {
        const std::lock_guard lock(paper_.mutex_);
        paper_.told_[partition.ledger + "/" + std::to_string(partition.partition)].push_back(
            std::to_string(block->header().block_seq) + "/" + std::to_string(leaf));
      }
      sink_.on_published({ticket, !failed_.contains(partition)});
    }
    void reset(const LedgerPartition& partition) override { failed_.erase(partition); }

   private:
    Newspaper& paper_;
    ports::PublisherSink& sink_;
    int count_ = 0;
    std::set<LedgerPartition> failed_;
  };
  std::mutex mutex_;
  std::map<std::string, std::vector<std::string>> told_;
};

TEST_F(HostInMemory, PublishesEveryDecisionInOrderAndGoesOnAfterARestart) {
  Newspaper paper;
  paper.fail_every = 7;
  HostSettings settings;
  settings.suspect_dir = directory_.path();
  settings.relay.retry_every = std::chrono::milliseconds(2);
  const auto start = [&] {
    HostPorts ports{log_,    projection_,    clock_, [] { return std::make_unique<observe::SystemEntropy>(); },
                    own_all, alarms_.sink(), &paper};
    auto host = Host::start(std::move(ports), settings, {{adder(), kPartitions, nullptr, mask_of(kAdded)}});
    EXPECT_TRUE(host.has_value());
    EXPECT_TRUE((*host)->join().has_value());
    return *std::move(host);
  };
  const auto first_copies = [&] {
    std::vector<std::string> copies = paper.told("adder/1");
    std::set<std::string> seen;
    std::erase_if(copies, [&](const std::string& copy) { return !seen.insert(copy).second; });
    return copies;
  };
  std::vector<std::string> decided;
  const auto decide = [&](Host& host, int requests) {
    for (int i = 0; i < requests; ++i) {
      const Reply reply =
          answer_to(host.gateway("adder"), 1, [&] { return add(1, static_cast<int>(decided.size()) + 1000); });
      ASSERT_FALSE(reply.error);
      decided.push_back(std::to_string(reply.block_seq) + "/0");
      // The ledger takes the relay's position along from time to time.
      if (i % 10 == 0) std::this_thread::sleep_for(std::chrono::milliseconds(60));
    }
  };
  {
    auto host = start();
    decide(*host, 50);
    EXPECT_TRUE(eventually([&] { return first_copies() == decided; })) << ::testing::PrintToString(first_copies());
  }
  const std::size_t told_before = paper.told("adder/1").size();
  auto host = start();
  decide(*host, 20);
  EXPECT_TRUE(eventually([&] { return first_copies() == decided; })) << ::testing::PrintToString(first_copies());
  // The second life began behind the first one's position, not at the beginning of the ledger.
  const auto told = paper.told("adder/1");
  ASSERT_GT(told.size(), told_before);
  EXPECT_NE(told[told_before], decided.front());
  EXPECT_THAT(alarms_.raised(), ::testing::IsEmpty());
}

TEST_F(HostInMemory, AnswersARefusalAndChangesNothing) {
  auto host = start_host(log_, projection_, clock_, directory_, own_all, alarms_.sink());
  const Reply reply = answer_to(host->gateway("adder"), 1, [] { return add(1, 1, "no"); });
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->reason, "REFUSED");
  EXPECT_EQ(read(host->gateway("adder"), 1).dossier_seq, 0U);
}

TEST_F(HostInMemory, AnswersNotOwnerForAPartitionThatIsNotHere) {
  TestOwners owners;
  auto host = start_host(log_, projection_, clock_, directory_, owners.joiner(), alarms_.sink());
  owners.of("adder").on_assigned({1});
  EXPECT_FALSE(answer_to(host->gateway("adder"), 1, [] { return add(1, 1); }).error);
  for (const auto& reply : {submit(host->gateway("adder"), 2, add(2, 2)).get(), read(host->gateway("adder"), 2)}) {
    ASSERT_TRUE(reply.error);
    EXPECT_EQ(reply.error->code, ErrorCode::kUnavailable);
    EXPECT_EQ(reply.error->reason, "NOT_OWNER");
    EXPECT_GT(reply.retry_after, Duration(0));
  }
}

TEST_F(HostInMemory, TurnsAwayWhatIsTooMuchAndDoesNothingOfIt) {
  HostSettings settings;
  settings.admission.bytes_max = 20'000;
  auto host = start_host(log_, projection_, clock_, directory_, own_all, alarms_.sink(), settings);
  ASSERT_TRUE(eventually([&] { return host->serving(); }));
  std::string body = "1";
  body.append(30'000, ' ');
  const Reply reply = submit(host->gateway("adder"), 1, add(1, 1, body)).get();
  ASSERT_TRUE(reply.error);
  EXPECT_EQ(reply.error->code, ErrorCode::kResourceExhausted);
  EXPECT_GT(reply.retry_after, Duration(0));
  const Reply other = answer_to(host->gateway("adder"), 1, [] { return add(1, 2); });
  EXPECT_EQ(other.dossier_seq, 1U);
}

TEST_F(HostInMemory, IsFitToServeAsAStandByOnceTheGroupHasAnswered) {
  TestOwners owners;
  auto host = start_host(log_, projection_, clock_, directory_, owners.joiner(), alarms_.sink());
  EXPECT_FALSE(host->serving()) << "before the group has answered";
  owners.of("adder").on_assigned({});
  owners.of("copier").on_assigned({});
  EXPECT_TRUE(eventually([&] { return host->serving(); }));
}

TEST_F(HostInMemory, MovesPartitionsBetweenHostsWithoutLosingAnAcknowledgedCommand) {
  TemporaryDirectory other_directory;
  TestOwners first_owners;
  TestOwners second_owners;
  auto first = start_host(log_, projection_, clock_, directory_, first_owners.joiner(), alarms_.sink());
  auto second = start_host(log_, projection_, clock_, other_directory, second_owners.joiner(), alarms_.sink());
  const std::vector<std::uint32_t> all{0, 1, 2, 3};
  first_owners.of("adder").on_assigned(all);
  std::atomic<bool> done{false};
  std::vector<int> acknowledged(8, 0);
  std::vector<std::thread> clients;
  for (int n = 0; n < 8; ++n) {
    clients.emplace_back([&, n] {
      for (int i = 0; !done; ++i) {
        for (bool settled = false; !settled;) {  // the same request, until one of the two has done it
          for (Host* host : {first.get(), second.get()}) {
            const Reply reply = submit(host->gateway("adder"), n, add(n, n * 100'000 + i)).get();
            if (reply.error) continue;
            EXPECT_EQ(reply.dossier_seq, static_cast<std::uint64_t>(i) + 1);
            acknowledged[static_cast<std::size_t>(n)] = i + 1;
            settled = true;
            break;
          }
        }
      }
    });
  }
  const auto move = [&](TestOwners& from, TestOwners& to, bool overlap) {
    if (overlap) to.of("adder").on_assigned(all);  // for a while both believe to own
    std::promise<void> stopped;
    from.of("adder").on_revoked(all, false, [&] { stopped.set_value(); });
    EXPECT_EQ(stopped.get_future().wait_for(seconds(10)), std::future_status::ready);
    if (!overlap) to.of("adder").on_assigned(all);
    std::this_thread::sleep_for(std::chrono::milliseconds(100));
  };
  for (int round = 0; round < 3; ++round) {
    move(first_owners, second_owners, round == 1);
    move(second_owners, first_owners, round == 2);
  }
  done = true;
  for (auto& client : clients) client.join();
  for (int n = 0; n < 8; ++n) {
    EXPECT_GT(acknowledged[static_cast<std::size_t>(n)], 0);
    EXPECT_EQ(value_of(read(first->gateway("adder"), n, true)), std::to_string(acknowledged[static_cast<std::size_t>(n)]))
        << n;
  }
}

TEST_F(HostInMemory, AnswersEveryRequestThatIsUnderWayWhenItStops) {
  auto host = start_host(log_, projection_, clock_, directory_, own_all, alarms_.sink());
  ASSERT_TRUE(eventually([&] { return host->serving(); }));
  std::vector<std::future<Reply>> replies;
  for (int i = 0; i < 2000; ++i) replies.push_back(submit(host->gateway("adder"), i % 50, add(i % 50, i)));
  const auto before = std::chrono::steady_clock::now();
  host->stop();
  EXPECT_LT(std::chrono::steady_clock::now() - before, seconds(1));
  replies.push_back(submit(host->gateway("adder"), 1, add(1, 5000)));
  for (auto& reply : replies) ASSERT_EQ(reply.wait_for(seconds(5)), std::future_status::ready);
}

TEST_F(HostInMemory, FollowsALedgerFromItsBeginning) {
  auto host = start_host(log_, projection_, clock_, directory_, own_all, alarms_.sink());
  EXPECT_FALSE(answer_to(host->gateway("adder"), 1, [] { return add(1, 1); }).error);
  std::mutex mutex;
  std::vector<std::uint64_t> seen;
  Follower follower(
      log_, {"adder", 1}, clock_,
      [&](Offset, const block::BlockPtr& block) {
        const std::lock_guard lock(mutex);
        seen.push_back(block->header().block_seq);
      },
      alarms_.sink());
  EXPECT_TRUE(eventually([&] { return follower.caught_up(); }));
  EXPECT_FALSE(answer_to(host->gateway("adder"), 1, [] { return add(1, 2); }).error);
  EXPECT_TRUE(eventually([&] {
    const std::lock_guard lock(mutex);
    return seen.size() == 3;
  }));
  EXPECT_THAT(seen, ::testing::ElementsAre(0, 1, 2));
}

struct Files {
  explicit Files(const TemporaryDirectory& directory) {
    const std::string path = directory.path() + "/ledgers.sqlite";
    observe::SystemEntropy entropy;
    EXPECT_TRUE(sqlite::make_ledgers(path, kInstallation, entropy, {1}).has_value());
    auto opened_log = sqlite::SqliteLog::open({path});
    auto opened_projection = sqlite::SqliteProjection::open(directory.path() + "/projection.sqlite");
    EXPECT_TRUE(opened_log.has_value() && opened_projection.has_value());
    log = *std::move(opened_log);
    projection = *std::move(opened_projection);
  }
  std::unique_ptr<sqlite::SqliteLog> log;
  std::unique_ptr<sqlite::SqliteProjection> projection;
};

void expect_all_replayed(Gateway& gateway, int count) {
  for (int i = 0; i < count; ++i) {
    const Reply reply = answer_to(gateway, i % 8, [&] { return add(i % 8, i); });
    EXPECT_FALSE(reply.error);
    EXPECT_TRUE(reply.replayed) << "request " << i << " was acknowledged and is lost";
    EXPECT_EQ(reply.dossier_seq, static_cast<std::uint64_t>(i / 8) + 1);
  }
}

TEST(HostOnSqlite, KnowsEveryAcknowledgedRequestAfterARestart) {
  const TemporaryDirectory directory;
  observe::SystemClock clock;
  Alarmed alarms;
  constexpr int kRequests = 160;
  for (int run = 0; run < 3; ++run) {
    Files files(directory);
    auto host = start_host(*files.log, *files.projection, clock, directory, own_all, alarms.sink());
    if (run == 0) {
      for (int i = 0; i < kRequests; ++i)
        EXPECT_FALSE(answer_to(host->gateway("adder"), i % 8, [&] { return add(i % 8, i); }).error);
    } else {
      expect_all_replayed(host->gateway("adder"), kRequests);
    }
    host->stop();
    host.reset();
    // The projection may be lost: it is built anew from the ledger.
    if (run == 1) {
      files.projection.reset();
      for (const char* suffix : {"", "-wal", "-shm"})
        std::filesystem::remove(directory.path() + "/projection.sqlite" + suffix);
    }
  }
  EXPECT_THAT(alarms.raised(), ::testing::IsEmpty());
}

// Runs in a process of its own and says on `out`, a byte each, which requests it has acknowledged; until it is killed.
[[noreturn]] void run_until_killed(const TemporaryDirectory& directory, int first, int out) {
  observe::SystemClock clock;
  Files files(directory);
  auto host = start_host(*files.log, *files.projection, clock, directory, own_all, [](auto&&...) {});
  for (int i = first;; ++i) {
    const Reply reply = answer_to(host->gateway("adder"), i % 8, [&] { return add(i % 8, i); });
    const char acknowledged = reply.error ? 'x' : '.';
    if (::write(out, &acknowledged, 1) != 1) _exit(1);
  }
}

TEST(HostOnSqlite, LosesNothingAcknowledgedWhenTheProcessIsKilled) {
  const TemporaryDirectory directory;
  int count = 0;
  for (int round = 0; round < 3; ++round) {
    int ends[2];
    ASSERT_EQ(pipe(ends), 0);
    const pid_t child = fork();
    ASSERT_GE(child, 0);
    if (child == 0) {
      close(ends[0]);
      run_until_killed(directory, count, ends[1]);
    }
    close(ends[1]);
    char acknowledged = 0;
    for (int wanted = count + 60 + round * 7; count < wanted && ::read(ends[0], &acknowledged, 1) == 1; ++count)
      ASSERT_EQ(acknowledged, '.');
    kill(child, SIGKILL);
    int status = 0;
    waitpid(child, &status, 0);
    ASSERT_TRUE(WIFSIGNALED(status) && WTERMSIG(status) == SIGKILL);
    while (::read(ends[0], &acknowledged, 1) == 1) ++count;
    close(ends[0]);
  }
  ASSERT_GT(count, 180);
  observe::SystemClock clock;
  Files files(directory);
  auto host = start_host(*files.log, *files.projection, clock, directory, own_all, [](auto&&...) {});
  expect_all_replayed(host->gateway("adder"), count);
}

// ---- effects

constexpr std::uint32_t kEffect = 7;

// Like a sum, but every command also asks for an effect, and every outcome adds what it says.
class Caller final : public Machine {
 public:
  LedgerName name() const override { return "adder"; }
  std::uint32_t logic() const override { return 1; }
  Decided decide(Context&, const Rules*, std::string_view, const CauseView& cause) const override {
    Decided decided;
    if (const auto* command = std::get_if<CommandCause>(&cause)) {
      decided.events.emplace_back().set_type(kAdded);
      decided.events.back().set_payload("1");
      decided.intents.push_back({kEffect, std::string(command->body)});
    } else if (const auto* outcome = std::get_if<OutcomeCause>(&cause)) {
      decided.events.emplace_back().set_type(kAdded);
      decided.events.back().set_payload(std::string(outcome->result));
    }
    return decided;
  }
  Result<void> evolve(std::string& state, const v1::Leaf& leaf) const override {
    return Sum("adder", {}).evolve(state, leaf);
  }
  IndexEntries index_entries(std::string_view) const override { return {}; }
  std::vector<std::pair<LedgerName, EventMask>> sources() const override { return {}; }
};

class Receiver {
 public:
  void take(const EffectCall& call) {
    const std::lock_guard lock(mutex_);
    calls_.push_back(call);
  }
  std::vector<EffectCall> calls() const {
    const std::lock_guard lock(mutex_);
    return calls_;
  }

 private:
  mutable std::mutex mutex_;
  std::vector<EffectCall> calls_;
};

std::unique_ptr<Host> start_caller(ports::LogBackend& log, ports::ProjectionBackend& projection, const ports::Clock& clock,
                                   const TemporaryDirectory& directory, Alarmed& alarms,
                                   const std::function<void(Host&)>& before_join) {
  HostSettings settings;
  settings.suspect_dir = directory.path();
  HostPorts ports{log, projection, clock, [] { return std::make_unique<observe::SystemEntropy>(); }, own_all, alarms.sink()};
  std::vector<ServicePlan> services = {{std::make_shared<Caller>(), kPartitions, nullptr}};
  auto host = *Host::start(std::move(ports), settings, std::move(services));
  before_join(*host);
  EXPECT_TRUE(host->join().has_value());
  return host;
}

TEST_F(HostInMemory, CarriesOutEveryIntentOnceAndRecordsItsOutcome) {
  Receiver receiver;
  std::optional<EffectRunner> runner;
  auto host = start_caller(log_, projection_, clock_, directory_, alarms_, [&](Host& made) {
    runner.emplace(
        std::vector<EffectRunner::Line>{{kEffect, 3,
                                         [&](const EffectCall& call, const std::atomic<bool>&) {
                                           receiver.take(call);
                                           return std::optional<std::string>("10");
                                         }}},
        [&made](const LedgerPartition& partition, OutcomeReport outcome) { made.report(partition, std::move(outcome)); },
        [](const EffectCall&) {});
    made.carry_out("adder", *runner);
  });
  constexpr int kDossiers = 50;
  for (int n = 0; n < kDossiers; ++n) {
    EXPECT_FALSE(answer_to(host->gateway("adder"), n, [&] { return add(n, n, "effect of " + std::to_string(n)); }).error);
  }
  for (int n = 0; n < kDossiers; ++n) {
    EXPECT_TRUE(eventually([&] { return value_of(read(host->gateway("adder"), n)) == "11"; })) << n;
  }
  std::set<EffectKey> keys;
  for (const auto& call : receiver.calls()) keys.insert(call.key);
  EXPECT_EQ(receiver.calls().size(), std::size_t{kDossiers});
  EXPECT_EQ(keys.size(), std::size_t{kDossiers});
  EXPECT_EQ(runner->open(), 0U);
  host->stop();
  EXPECT_THAT(alarms_.raised(), ::testing::IsEmpty());
}

TEST_F(HostInMemory, CallsAgainWithTheSameKeyWhatWasBrokenOff) {
  Receiver receiver;
  const auto run_once = [&](bool answers) {
    std::optional<EffectRunner> runner;
    auto host = start_caller(log_, projection_, clock_, directory_, alarms_, [&](Host& made) {
      runner.emplace(
          std::vector<EffectRunner::Line>{{kEffect, 1,
                                           [&](const EffectCall& call, const std::atomic<bool>& stopping) {
                                             receiver.take(call);
                                             while (!answers && !stopping.load())
                                               std::this_thread::sleep_for(std::chrono::milliseconds(1));
                                             return answers ? std::optional<std::string>("10") : std::nullopt;
                                           }}},
          [&made](const LedgerPartition& partition, OutcomeReport outcome) { made.report(partition, std::move(outcome)); },
          [](const EffectCall&) {});
      made.carry_out("adder", *runner);
    });
    if (!answers) {
      EXPECT_FALSE(answer_to(host->gateway("adder"), 1, [] { return add(1, 1, "slow"); }).error);
    }
    EXPECT_TRUE(eventually([&] { return receiver.calls().size() == (answers ? 2U : 1U); }));
    if (answers) {
      EXPECT_TRUE(eventually([&] { return value_of(read(host->gateway("adder"), 1)) == "11"; }));
    }
    runner->stop();
    host->stop();
  };
  run_once(false);
  run_once(true);
  const auto calls = receiver.calls();
  ASSERT_EQ(calls.size(), 2U);
  EXPECT_EQ(calls[0].key, calls[1].key);
  EXPECT_EQ(calls[1].payload, "slow");
}

TEST_F(HostInMemory, RaisesAnAlarmForAnIntentThatNobodyCarriesOut) {
  auto host = start_caller(log_, projection_, clock_, directory_, alarms_, [](Host&) {});
  EXPECT_FALSE(answer_to(host->gateway("adder"), 1, [] { return add(1, 1, "x"); }).error);
  EXPECT_TRUE(eventually([&] { return !alarms_.raised().empty(); }));
  host->stop();
  EXPECT_THAT(alarms_.raised(), ::testing::Contains(::testing::HasSubstr("INTENT_WITHOUT_EXECUTOR intent type 7")));
}

TEST(EffectRunnerTest, ASlowKindHoldsUpOnlyItself) {
  std::promise<void> release;
  auto released = release.get_future().share();
  std::atomic<int> quick{0};
  std::atomic<bool> begun{false};
  EffectRunner runner(
      {{1, 1,
        [&](const EffectCall&, const std::atomic<bool>&) {
          begun = true;
          released.wait();
          return std::optional<std::string>("");
        }},
       {2, 1,
        [&](const EffectCall&, const std::atomic<bool>&) {
          ++quick;
          return std::optional<std::string>("");
        }}},
      [](const LedgerPartition&, OutcomeReport) {}, [](const EffectCall&) {});
  for (std::uint64_t i = 1; i <= 5; ++i) {
    runner.start({{{"x", 0}, dossier(1), i, 0}, 1, ""});
    runner.start({{{"x", 0}, dossier(1), i, 1}, 2, ""});
  }
  EXPECT_TRUE(eventually([&] { return begun && quick.load() == 5 && runner.open() == 5; }));
  runner.start({{{"x", 0}, dossier(1), 2, 0}, 1, ""});
  EXPECT_EQ(runner.open(), 5U) << "asked for again while it waits";
  runner.drop({"x", 0});
  EXPECT_EQ(runner.open(), 1U) << "what is under way goes on";
  release.set_value();
  EXPECT_TRUE(eventually([&] { return runner.open() == 0; }));
}

}  // namespace
}  // namespace lienthong::ledger
