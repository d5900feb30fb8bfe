#pragma once

#include "notification/adapters/carrier.h"
#include "notification/adapters/contacts.h"
#include "notification/core/decider.h"
#include "platform/ledger/effect_runner.h"
#include "platform/ledger/gateway.h"
#include "platform/ledger/rules_store.h"
#include "platform/ports/clock.h"
#include "shared_kernel/catalogue.h"

#include <atomic>
#include <cstdint>
#include <functional>
#include <map>
#include <memory>
#include <mutex>
#include <optional>
#include <string>

namespace lienthong::notification {

/// How many notices a provider gets in a minute. Thread-safety: any thread.
class ProviderBudgets {
 public:
  /// Takes one from the minute of `now`. Nothing: taken; else when the next minute begins. `per_minute` 0: no bound.
  std::optional<Instant> take(const std::string& provider, std::uint32_t per_minute, Instant now);

 private:
  struct Minute {
    std::int64_t number = 0;
    std::uint32_t taken = 0;
  };
  std::mutex mutex_;
  std::map<std::string, Minute> minutes_;
};

/// All of it must outlive the sender.
struct SenderParts {
  ledger::Gateway& gateway;
  const ledger::RulesStore& rules;
  const ports::Clock& clock;
  Contacts& contacts;
  /// By id; a provider of the catalogue that is not here is not set up in this process.
  std::map<std::string, std::unique_ptr<Carrier>> carriers;
};

/// Carries out the intents of notification: asks once more whether the notice is to be sent, fetches the address, writes the
/// text, hands it to the provider. Thread-safety: any thread; blocks.
class Sender {
 public:
  explicit Sender(SenderParts parts) : parts_(std::move(parts)) {}
  /// As EffectRunner::Handler: the outcome in recorded form.
  std::optional<std::string> send(const ledger::EffectCall& call, const std::atomic<bool>& stopping);

 private:
  std::optional<SendEnded> attempt(const ledger::EffectCall& call, const SendOrder& order,
                                   const std::atomic<bool>& stopping);
  std::optional<SendEnded> hand_over(const Notice& notice, const HomeKey& home, const DossierId& dossier, SendEnded ended,
                                     const shared_kernel::Catalogue& catalogue, const std::atomic<bool>& stopping);
  Result<std::optional<State>> read(const ledger::EffectCall& call) const;
  Result<Contact> contact_of(const shared_kernel::Catalogue& catalogue, const NoticeCreated& notice,
                             const std::string& dossier_id) const;

  SenderParts parts_;
  ProviderBudgets budgets_;
};

}  // namespace lienthong::notification
