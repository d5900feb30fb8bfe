#pragma once

#include "lienthong/api/v1/api.pb.h"
#include "platform/crypto/seal.h"
#include "platform/ledger/gateway.h"
#include "platform/ports/clock.h"
#include "platform/rpc/service.h"
#include "shared_kernel/dossier_id.h"

#include <string>

namespace lienthong::shared_kernel::api {

namespace api_v1 = ::lienthong::api::v1;

/// The dossier a command is for and the command's own id.
struct CommandNames {
  DossierName dossier;
  RequestId request;
};

/// Makes ledger commands of requests.
/// Thread-safety: any thread.
class Commands {
 public:
  /// `gateway` and `clock` must outlive it. `service_key`: see crypto::read_key_file; the key of the digests is derived from
  /// it.
  Commands(LedgerName ledger, ledger::Gateway& gateway, const ports::Clock& clock, const crypto::Key& service_key);

  /// Names of a command that creates a dossier. Errors: kInvalidArgument, also when the request id names another desk than
  /// `home_key`.
  Result<CommandNames> creating(const api_v1::CommandHeader& header, const std::string& home_key,
                                const std::string& principal) const;
  /// Names of a command on a dossier that exists. Errors: kInvalidArgument.
  static Result<CommandNames> existing(const api_v1::CommandHeader& header, const std::string& dossier_id);

  /// Everything of a command but its type, body, sealed parts and reply. `plain` is the whole request as the client sent it.
  /// Errors: kInvalidArgument (actor or time).
  Result<ledger::CommandRequest> begin(const rpc::Call& call, const api_v1::CommandHeader& header, const CommandNames& names,
                                       const google::protobuf::Message& plain) const;
  void submit(const DossierName& dossier, ledger::CommandRequest request) const;

  std::uint32_t partition_of(const DossierName& dossier) const;
  void set_result(const ledger::Reply& reply, const DossierName& dossier, api_v1::CommandResult& out) const;
  void set_position(const DossierName& dossier, std::uint64_t block_seq, api_v1::Position& out) const;
  const LedgerName& ledger() const { return ledger_; }
  ledger::Gateway& gateway() const { return gateway_; }
  const ports::Clock& clock() const { return clock_; }
  /// On the steady clock; zero when the client waits for ever.
  Instant deadline_of(const rpc::Call& call) const;

 private:
  LedgerName ledger_;
  ledger::Gateway& gateway_;
  const ports::Clock& clock_;
  std::string digest_key_;
};

/// The same content as a failed call's status, for one item of a batch.
void set_failure(const Error& error, Duration retry_after, api_v1::Failure& out);

/// Errors: kInvalidArgument when `text` is longer than `bytes_max`, or empty although `required`.
Result<void> check_text(const std::string& text, const std::string& field, std::size_t bytes_max, bool required);

/// Errors: kInvalidArgument unless `text` is a ground such as `SENT_TWICE`: capitals, digits and `_`, at most 64.
Result<void> check_reason_code(const std::string& text);

}  // namespace lienthong::shared_kernel::api
