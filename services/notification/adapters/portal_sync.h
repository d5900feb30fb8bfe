#pragma once

#include "notification/adapters/contacts.h"
#include "notification/adapters/portal_client.h"
#include "notification/adapters/portal_messages.h"
#include "notification/adapters/webhook_engine.h"
#include "platform/ledger/gateway.h"
#include "platform/ledger/rules_store.h"
#include "platform/ports/clock.h"

#include <atomic>
#include <string>
#include <vector>

namespace lienthong::notification {

/// All of it must outlive it.
struct PortalParts {
  ledger::Gateway& gateway;
  const ledger::RulesStore& rules;
  const ports::Clock& clock;
  Contacts& contacts;
};

/// Tells the national portal of every change of status, as one more receiver of public events: in the order of each dossier,
/// from a position of its own. Asks the portal what it has before it tells, so that a reply that was lost doubles nothing.
/// Thread-safety: any thread; blocks.
class PortalSync {
 public:
  PortalSync(PortalSettings settings, PortalParts parts);
  /// `tries`: attempts before this one as far as they are known.
  WebhookAnswer bring(const relay::PublicEvent& event, std::uint32_t partition, std::uint32_t tries,
                      const std::atomic<bool>& stopping);
  /// As the engine takes it.
  OwnDestination destination();

 private:
  /// What the portal has of a dossier.
  struct Asked {
    PortalAnswer answer;
    bool knows_dossier = false;
    bool knows_status = false;          ///< It stands at the status of the last step.
    std::vector<PortalStatus> missing;  ///< Steps it lacks, in their order.
  };
  /// `steps`: at least one.
  Asked ask(const std::string& code, const std::vector<PortalStatus>& steps, const std::string& message_id,
            const std::atomic<bool>& stopping);
  Result<State> read(const DossierId& dossier, std::uint32_t partition) const;

  std::string since_;
  PortalParts parts_;
  PortalSession session_;
};

}  // namespace lienthong::notification
