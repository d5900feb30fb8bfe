#pragma once

#include "lienthong/intake/v1/events.pb.h"
#include "lienthong/notification/v1/commands.pb.h"
#include "lienthong/routing/v1/events.pb.h"
#include "notification/adapters/command_codec.h"
#include "notification/adapters/state_codec.h"
#include "notification/adapters/webhook_engine.h"
#include "notification/core/decider.h"
#include "platform/base/encoding.h"
#include "platform/memory/in_memory_log.h"
#include "tests/support/given_when_then.h"

#include <gtest/gtest.h>

#include <chrono>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>
#include <thread>
#include <utility>
#include <vector>

/// Ledgers to send events of, and the one lane that keeps how far they are.
namespace lienthong::test_support {

using namespace notification;

inline constexpr std::int64_t kDecided = 1'764'000'000'000'000;  // 2025-11-24

inline bool eventually(const std::function<bool()>& holds) {
  const auto until = std::chrono::steady_clock::now() + std::chrono::seconds(20);
  while (!holds()) {
    if (std::chrono::steady_clock::now() > until) return false;
    std::this_thread::sleep_for(std::chrono::milliseconds(10));
  }
  return true;
}

inline DossierId dossier(std::uint8_t number) {
  DossierId id;
  id.bytes.fill(number);
  return id;
}
inline std::string subject(std::uint8_t number) { return to_base32(dossier(number).view()); }

class StillRules final : public ledger::RulesStore {
 public:
  explicit StillRules(const shared_kernel::CatalogueContents& contents) { set(contents); }
  void set(const shared_kernel::CatalogueContents& contents) {
    const std::lock_guard lock(mutex_);
    ++version_.version;
    version_.rules = *shared_kernel::Catalogue::make(version_.version, contents);
  }
  std::optional<ledger::RulesVersion> latest() const override {
    const std::lock_guard lock(mutex_);
    return version_;
  }
  std::optional<ledger::RulesVersion> find(const Cursor&) const override { return latest(); }

 private:
  mutable std::mutex mutex_;
  ledger::RulesVersion version_;
};

/// The lane of one partition: decides and folds at once, keeps what it has while the engine comes and goes.
class OneLane final : public ledger::Gateway {
 public:
  explicit OneLane(const ledger::RulesStore& rules) : rules_(rules) {}
  std::uint32_t partition_count() const override { return 1; }
  void submit(std::uint32_t, ledger::CommandRequest request) override {
    ledger::Reply reply;
    {
      const std::lock_guard lock(mutex_);
      if (!serves_ ||
          (loses_reports_ &&
           request.type == static_cast<std::uint32_t>(::lienthong::notification::v1::COMMAND_TYPE_REPORT_DELIVERIES))) {
        reply.error = Error{ErrorCode::kUnavailable, serves_ ? "DROPPED" : "NOT_OWNER", "", "", {}};
      } else {
        decide(request, reply);
      }
    }
    request.reply(reply);
  }
  void read(std::uint32_t, ledger::ReadRequest request) override {
    ledger::Reply reply;
    {
      const std::lock_guard lock(mutex_);
      if (!serves_) reply.error = Error{ErrorCode::kUnavailable, "NOT_OWNER", "", "", {}};
      reply.value = serves_ ? value(request.dossier) : nullptr;
    }
    request.reply(reply);
  }
  void resume(std::uint32_t, ledger::ResumeRequest) override {}

  std::string steer(const SteerLine& steer, const std::string& principal = "all") {
    const std::lock_guard lock(mutex_);
    return apply(line_id("land-office", 0), Command{by(principal), steer});
  }
  std::string apply(const DossierId& id, const Cause& cause) {
    FixedContext context(surroundings_);
    const auto version = rules_.latest();
    const auto decision =
        Decider::decide(context, static_cast<const shared_kernel::Catalogue*>(version->rules.get()), states_[id], cause);
    for (const auto& event : decision.events) Decider::evolve(states_[id], event);
    return decision.refusal ? decision.refusal->reason : "";
  }
  void know(const DossierId& id, const std::string& received_by, const std::string& procedure) {
    const std::lock_guard lock(mutex_);
    states_[id].received_by = received_by;
    states_[id].procedure_code = procedure;
  }
  void change(const DossierId& id, const std::function<void(State&)>& apply) {
    const std::lock_guard lock(mutex_);
    apply(states_[id]);
  }
  std::optional<WebhookLine> line(const std::string& subscription = "land-office") {
    const std::lock_guard lock(mutex_);
    return states_[line_id(subscription, 0)].line;
  }
  void serve(bool serves) {
    const std::lock_guard lock(mutex_);
    serves_ = serves;
  }
  void lose_reports(bool loses) {
    const std::lock_guard lock(mutex_);
    loses_reports_ = loses;
  }

 private:
  std::shared_ptr<ledger::v1::DossierValue> value(const DossierId& id) {
    const auto found = states_.find(id);
    if (found == states_.end() || found->second == State{}) return nullptr;
    auto out = std::make_shared<ledger::v1::DossierValue>();
    out->set_state(encode_state(found->second));
    return out;
  }
  void decide(const ledger::CommandRequest& request, ledger::Reply& reply) {
    auto command = decode_command(request.type, request.body);
    ASSERT_TRUE(command) << command.error().message_en;
    shared_kernel::CommandHeader header;
    header.principal = request.principal;
    const auto reason = apply(request.dossier, Command{header, command->body});
    if (!reason.empty()) reply.error = Error{ErrorCode::kAborted, reason, "", "", {}};
  }

  const ledger::RulesStore& rules_;
  std::mutex mutex_;
  std::map<DossierId, State> states_;
  Surroundings surroundings_;
  bool serves_ = true;
  bool loses_reports_ = false;
};

/// Appends blocks of a ledger as its lane would.
class ToldLedger final : private ports::LogSink {
 public:
  ToldLedger(memory::InMemoryLog& log, std::string name) : name_(std::move(name)), log_(log.attach(*this)) {
    id_.bytes.fill(static_cast<std::uint8_t>(name_.size()));
    append(0, {});
  }
  struct Told {
    DossierId dossier;
    std::uint32_t type = 0;
    std::string payload;
  };
  /// Returns the number of the block. `after`: a block of another ledger it was decided from.
  std::uint64_t tell(const std::vector<Told>& told, std::optional<std::pair<std::string, std::uint64_t>> after = {}) {
    return append(++seq_, told, std::move(after));
  }

 private:
  void on_log(ports::LogMessage) override {}
  std::uint64_t append(std::uint64_t seq, const std::vector<Told>& told,
                       std::optional<std::pair<std::string, std::uint64_t>> after = {}) {
    block::Header header;
    header.ledger_id = id_;
    header.block_seq = seq;
    header.prev = prev_;
    header.writer = "test";
    block::v1::Core core;
    core.set_kind(seq == 0 ? block::v1::Core::KIND_GENESIS : block::v1::Core::KIND_NORMAL);
    core.set_decided_at(kDecided + static_cast<std::int64_t>(seq) * 1'000'000);
    if (after) {
      auto& input = *core.add_inputs();
      input.set_ledger(after->first);
      input.set_block_seq(after->second);
      input.set_index(1);
    }
    std::vector<std::string> leaves;
    for (const auto& one : told) {
      block::v1::Leaf leaf;
      leaf.set_dossier_id(std::string(one.dossier.view()));
      auto& event = *leaf.add_events();
      event.set_type(one.type);
      event.set_payload(one.payload);
      event.set_occurred_at(core.decided_at());
      leaves.push_back(leaf.SerializeAsString());
      core.add_leaf_events(mask_of(one.type));
    }
    auto record = block::encode(header, std::move(core), leaves);
    prev_ = (*block::parse({name_, 0}, record))->hash();
    log_->append({name_, 0}, std::move(record), seq + 1);
    return seq;
  }

  std::string name_;
  LedgerId id_;
  std::uint64_t seq_ = 0;
  Hash prev_;
  std::unique_ptr<ports::Log> log_;
};

inline ToldLedger::Told accepted(std::uint8_t number) {
  intake::v1::DossierAccepted event;
  event.set_procedure_code("1.000001");
  event.set_received_by("COMMUNE");
  return {dossier(number), intake::v1::EVENT_TYPE_DOSSIER_ACCEPTED, event.SerializeAsString()};
}
inline ToldLedger::Told handed_over(std::uint8_t number) {
  return {dossier(number), intake::v1::EVENT_TYPE_RESULT_HANDED_OVER, ""};
}
inline ToldLedger::Told started(std::uint8_t number, const std::string& agency) {
  routing::v1::LegStarted event;
  event.set_agency(agency);
  return {dossier(number), routing::v1::EVENT_TYPE_LEG_STARTED, event.SerializeAsString()};
}

}  // namespace lienthong::test_support
