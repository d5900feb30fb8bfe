#pragma once

#include "intake/adapters/key_store.h"
#include "intake/adapters/sealed_contents.h"
#include "lienthong/intake/v1/commands.pb.h"
#include "lienthong/intake/v1/intake_service.pb.h"
#include "lienthong/intake/v1/state.pb.h"
#include "platform/ledger/rules_store.h"
#include "platform/rpc/service.h"
#include "shared_kernel/api/commands.h"
#include "shared_kernel/api/principals.h"
#include "shared_kernel/api/reads.h"

#include <functional>
#include <memory>
#include <string>
#include <vector>

namespace lienthong::intake {

/// One look at personal data.
struct AuditRecord {
  std::string principal;
  std::string on_behalf_of;
  std::string dossier_id;
  std::uint32_t leg = 0;
  std::string purpose;
};
/// Must be durable when it returns; false: it could not be written, and nothing may be shown.
/// Called from a thread of the read pool.
using Audit = std::function<bool(const AuditRecord&)>;

/// Everything the adapter stands on; all of it must outlive the server that carries the services.
struct IntakeApiParts {
  ledger::Gateway& gateway;
  ports::Query& query;
  const ports::Clock& clock;
  const ledger::RulesStore& rules;
  KeyStore& keys;
  SealedContents& contents;
  rpc::ReadPool& reads;
  Audit audit;
  /// For request digests; see crypto::read_key_file.
  crypto::Key service_key;
};

/// IntakeService, ContentService, ContactService and KeyService: checks form, seals personal data, hands commands to the
/// lanes, answers reads. Thread-safety: any thread.
class IntakeApi {
 public:
  explicit IntakeApi(IntakeApiParts parts);
  std::vector<rpc::Service*> services() { return {&intake_, &content_, &contact_, &key_}; }

 private:
  template <class Reply>
  using Out = rpc::Responder<Reply>;
  using Name = shared_kernel::DossierName;
  struct Sealed;

  void register_commands();
  void register_reads();
  template <class Request, class Reply, class Command>
  void create(const rpc::Call& call, const Request& request, const Out<Reply>& out, v1::CommandType type,
              v1::Channel channel);
  template <class Request, class Reply>
  void change(const rpc::Call& call, const Request& request, const Out<Reply>& out, v1::CommandType type,
              std::function<Result<std::string>(Sealed&)> body, bool seals);
  template <class Reply>
  ledger::ReplySink command_reply(const Name& dossier, const Out<Reply>& out) const;
  /// Reads the dossier's key before `go_on`, in the read pool.
  void with_dossier_key(const rpc::Call& call, const Name& dossier, std::function<void(Result<ContentKey>)> go_on) const;
  void erased(const rpc::Call& call, const v1::ErasePersonalDataRequest& request,
              const Out<v1::ErasePersonalDataResponse>& out);

  void get_dossier(const rpc::Call& call, const v1::GetDossierRequest& request,
                   const Out<v1::GetDossierResponse>& out) const;
  void get_dossier_named(const rpc::Call& call, const v1::GetDossierRequest& request, const Name& name,
                         const Out<v1::GetDossierResponse>& out) const;
  void list_dossiers(const rpc::Call& call, const v1::ListDossiersRequest& request,
                     const Out<v1::ListDossiersResponse>& out) const;
  void get_content(const rpc::Call& call, const v1::GetContentRequest& request,
                   const Out<v1::GetContentResponse>& out) const;
  void get_contact(const rpc::Call& call, const v1::GetContactRequest& request,
                   const Out<v1::GetContactResponse>& out) const;
  void get_address(const rpc::Call& call, const v1::GetAddressRequest& request,
                   const Out<v1::GetAddressResponse>& out) const;
  Result<v1::GetAddressResponse> address_of(const Name& dossier, const v1::StoredDossier& stored,
                                            const kernel::v1::SealedRef& ref) const;
  template <class Request, class Reply, class Answer>
  void tell_service(const rpc::Call& call, const Request& request, const Out<Reply>& out, Answer answer) const;
  Result<v1::GetContactResponse> contact_of(const Name& dossier, const v1::StoredDossier& stored,
                                            const v1::GetContactRequest& request) const;
  void get_key(const rpc::Call& call, const v1::GetDossierKeyRequest& request,
               const Out<v1::GetDossierKeyResponse>& out) const;
  Result<Name> name_of_code(const std::string& code) const;
  Result<std::string> unseal(const Name& dossier, const kernel::v1::SealedRef& ref) const;
  Result<void> add_contents(const Name& dossier, const v1::StoredDossier& stored,
                            google::protobuf::RepeatedPtrField<v1::DossierContent>& out) const;
  Result<v1::StoredDossier> visible(const rpc::Call& call, const shared_kernel::api::ReadDossier& read,
                                    shared_kernel::Action action) const;

  IntakeApiParts parts_;
  shared_kernel::api::Commands commands_;
  shared_kernel::api::DossierReads reads_;
  rpc::Service intake_;
  rpc::Service content_;
  rpc::Service contact_;
  rpc::Service key_;
};

}  // namespace lienthong::intake
