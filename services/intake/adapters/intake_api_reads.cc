#include "intake/adapters/application_form.h"
#include "intake/adapters/dossier_view.h"
#include "intake/adapters/intake_api.h"
#include "shared_kernel/command.h"
#include "shared_kernel/dossier_code.h"

namespace lienthong::intake {

using shared_kernel::Action;
using shared_kernel::Catalogue;
using shared_kernel::api::check_text;
using shared_kernel::api::ReadDossier;

namespace {

constexpr std::size_t kPurposeBytesMax = 200;
constexpr std::uint32_t kStatusMax = 10;
constexpr int kQuotedTextsMax = 4;

Error audit_failed() {
  return {ErrorCode::kUnavailable, "CONTENT_UNAVAILABLE",
          "Không ghi được nhật ký truy cập nên không mở nội dung; hãy thử lại.",
          "The access record could not be written, so the content is not shown; try again."};
}

}  // namespace

// A dossier the caller may not know of looks like a missing one; one it may know of, but not do this with, is forbidden.
Result<v1::StoredDossier> IntakeApi::visible(const rpc::Call& call, const ReadDossier& read, Action action) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return failure(catalogue.error());
  const auto* principal = (*catalogue)->principal(call.principal);
  if (read.value == nullptr || principal == nullptr) return failure(shared_kernel::dossier_not_found());
  auto stored = stored_dossier(*read.value);
  if (!stored) return stored;
  if (Catalogue::allows(*principal, action, stored->received_by(), stored->procedure_code())) return stored;
  if (shared_kernel::api::may_know_of(*principal, stored->received_by(), stored->procedure_code())) {
    return failure(shared_kernel::api::not_granted(action));
  }
  return failure(shared_kernel::dossier_not_found());
}

Result<std::string> IntakeApi::unseal(const Name& dossier, const kernel::v1::SealedRef& ref) const {
  const auto key = parts_.keys.find(ref.key_ref());
  if (!key) return failure(key.error());
  const auto hash = Hash::from(ref.sha256());
  if (!hash) return failure(hash.error());
  const auto ciphertext = parts_.contents.find(*hash);
  if (!ciphertext) return failure(ciphertext.error());
  return shared_kernel::api::unseal_for(*key, dossier.id, *ciphertext);
}

Result<void> IntakeApi::add_contents(const Name& dossier, const v1::StoredDossier& stored,
                                     google::protobuf::RepeatedPtrField<v1::DossierContent>& out) const {
  if (stored.erased()) return failure(personal_data_erased());
  for (const auto& ref : stored.contents()) {
    const auto plain = unseal(dossier, ref);
    if (!plain) return failure(plain.error());
    if (!out.Add()->ParseFromString(*plain)) return malformed("sealed content");
  }
  return {};
}

Result<IntakeApi::Name> IntakeApi::name_of_code(const std::string& text) const {
  const auto code = shared_kernel::parse_dossier_code(text);
  if (!code) return failure(code.error());
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return failure(catalogue.error());
  const auto home = (*catalogue)->home_by_printed_prefix(code->prefix);
  if (!home) return failure(shared_kernel::dossier_not_found());
  const auto partition = shared_kernel::partition_of(home->desk->key, parts_.gateway.partition_count());
  ports::IndexQuery wanted;
  wanted.partition = {"intake", partition};
  wanted.index = "code";
  wanted.key = shared_kernel::format_dossier_code(*code);
  wanted.limit = 1;
  const auto page = parts_.query.page(wanted);
  if (!page) return failure(page.error());
  if (page->hits.empty()) return failure(shared_kernel::dossier_not_found());
  return Name{home->desk->key, page->hits.front().dossier};
}

void IntakeApi::get_dossier(const rpc::Call& call, const v1::GetDossierRequest& request,
                            const Out<v1::GetDossierResponse>& out) const {
  const bool full = request.view() == v1::DOSSIER_VIEW_FULL;
  if (const auto purpose = check_text(request.purpose(), "purpose", kPurposeBytesMax, full); !purpose)
    return out.fail(purpose.error());
  switch (request.name_case()) {
    case v1::GetDossierRequest::kDossierId: {
      const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
      if (!name) return out.fail(name.error());
      return get_dossier_named(call, request, *name, out);
    }
    case v1::GetDossierRequest::kDossierCode: {
      const auto queued = parts_.reads.post([this, call, request, out] {
        const auto name = name_of_code(request.dossier_code());
        if (!name) return out.fail(name.error());
        get_dossier_named(call, request, *name, out);
      });
      if (!queued) out.fail(shared_kernel::api::too_many_reads());
      return;
    }
    case v1::GetDossierRequest::NAME_NOT_SET: break;
  }
  out.fail(rpc::invalid_field("dossier_id", "cần mã định danh hoặc mã số hồ sơ.",
                              "the id or the code of the dossier is needed."));
}

void IntakeApi::get_dossier_named(const rpc::Call& call, const v1::GetDossierRequest& request, const Name& name,
                                  const Out<v1::GetDossierResponse>& out) const {
  const auto min_block = reads_.min_block(name, request.min_position());
  if (!min_block) return out.fail(min_block.error());
  reads_.read(name, *min_block, commands_.deadline_of(call),
              [this, call, request, name, out](const Result<ReadDossier>& read) {
                if (!read) return out.fail(read.error());
                const auto stored = visible(call, *read, Action::kReadDossier);
                if (!stored) return out.fail(stored.error());
                v1::GetDossierResponse answer;
                *answer.mutable_dossier() = dossier_view(name, *read->value, *stored);
                commands_.set_position(name, read->block_seq, *answer.mutable_position());
                if (request.view() != v1::DOSSIER_VIEW_FULL || stored->erased()) return out.ok(answer);
                const auto queued = parts_.reads.post([this, call, request, name, out, stored = *stored, answer]() mutable {
                  if (!parts_.audit({call.principal, call.principal, answer.dossier().dossier_id(), 0, request.purpose()}))
                    return out.fail(audit_failed());
                  if (const auto added = add_contents(name, stored, *answer.mutable_dossier()->mutable_contents()); !added)
                    return out.fail(added.error());
                  for (const auto& ref : stored.reasons()) {
                    const auto reason = unseal(name, ref);
                    if (!reason) return out.fail(reason.error());
                    answer.mutable_dossier()->add_reasons(*reason);
                  }
                  out.ok(answer);
                });
                if (!queued) out.fail(shared_kernel::api::too_many_reads());
              });
}

void IntakeApi::list_dossiers(const rpc::Call& call, const v1::ListDossiersRequest& request,
                              const Out<v1::ListDossiersResponse>& out) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  if (const auto granted =
          shared_kernel::api::require_agency(**catalogue, call.principal, Action::kReadDossier, request.agency());
      !granted) {
    return out.fail(granted.error());
  }
  const auto* principal = (*catalogue)->principal(call.principal);
  shared_kernel::api::ListQuery wanted{"intake", parts_.gateway.partition_count(), "status", {}};
  wanted.descending = true;
  for (std::uint32_t status = 1; status <= kStatusMax; ++status) {
    if (request.status() == v1::DOSSIER_STATUS_UNSPECIFIED || static_cast<std::uint32_t>(request.status()) == status) {
      wanted.keys.push_back(request.agency() + '/' + std::to_string(status));
    }
  }
  if (request.has_from_time()) {
    const auto from = rpc::to_instant(request.from_time(), "from_time");
    if (!from) return out.fail(from.error());
    wanted.from_score = from->micros;
  }
  if (request.has_to_time()) {
    const auto until = rpc::to_instant(request.to_time(), "to_time");
    if (!until) return out.fail(until.error());
    wanted.until_score = until->micros;
  }
  const auto queued = parts_.reads.post([this, wanted, request, out, catalogue = *catalogue, principal] {
    auto page = shared_kernel::api::list(parts_.query, wanted, request.page());
    if (!page) return out.fail(page.error());
    v1::ListDossiersResponse answer;
    for (const auto& entry : page->entries) {
      const auto stored = stored_dossier(entry.value);
      const auto home = stored ? shared_kernel::HomeKey::parse(stored->home_key()) : failure(stored.error());
      if (!home || entry.hit.key != stored->received_by() + '/' + std::to_string(stored->status())) continue;
      if (!Catalogue::allows(*principal, Action::kReadDossier, stored->received_by(), stored->procedure_code())) continue;
      *answer.add_dossiers() = dossier_view({*home, entry.hit.dossier}, entry.value, *stored);
    }
    for (const auto& [key, count] : page->totals) {
      auto& total = *answer.add_counts();
      total.set_status(static_cast<v1::DossierStatus>(std::stoi(key.substr(key.rfind('/') + 1))));
      total.set_count(count);
    }
    *answer.mutable_page() = std::move(page->page);
    out.ok(answer);
  });
  if (!queued) out.fail(shared_kernel::api::too_many_reads());
}

void IntakeApi::get_content(const rpc::Call& call, const v1::GetContentRequest& request,
                            const Out<v1::GetContentResponse>& out) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  if (const auto granted = shared_kernel::api::require_service(**catalogue, call.principal, Action::kReadSealedContent);
      !granted) {
    return out.fail(granted.error());
  }
  if (const auto purpose = check_text(request.purpose(), "purpose", kPurposeBytesMax, true); !purpose)
    return out.fail(purpose.error());
  const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
  if (!name) return out.fail(name.error());
  reads_.read(
      *name, 0, commands_.deadline_of(call), [this, call, request, name = *name, out](const Result<ReadDossier>& read) {
        if (!read) return out.fail(read.error());
        if (read->value == nullptr) return out.fail(shared_kernel::dossier_not_found());
        const auto queued = parts_.reads.post([this, call, request, name, out, read] {
          const auto stored = stored_dossier(*read->value);
          if (!stored) return out.fail(stored.error());
          if (!parts_.audit(
                  {call.principal, request.on_behalf_of(), request.dossier_id(), request.leg(), request.purpose()})) {
            return out.fail(audit_failed());
          }
          v1::GetContentResponse answer;
          if (const auto added = add_contents(name, *stored, *answer.mutable_contents()); !added)
            return out.fail(added.error());
          out.ok(answer);
        });
        if (!queued) out.fail(shared_kernel::api::too_many_reads());
      });
}

Result<v1::GetContactResponse> IntakeApi::contact_of(const Name& dossier, const v1::StoredDossier& stored,
                                                     const v1::GetContactRequest& request) const {
  if (stored.erased() || stored.contents().empty()) return failure(personal_data_erased());
  // Who is to be told stands in the application, not in what came later.
  const auto plain = unseal(dossier, stored.contents(0));
  if (!plain) return failure(plain.error());
  v1::DossierContent content;
  if (!content.ParseFromString(*plain)) return malformed("sealed content");
  const auto& who = content.has_authorised() ? content.authorised() : content.applicant();
  v1::GetContactResponse answer;
  answer.set_full_name(who.full_name());
  answer.set_email(who.email());
  answer.set_phone(who.phone());
  answer.set_by_proxy(content.has_authorised());
  answer.set_english(content.english_notices());
  for (const auto& ref : request.texts()) {
    auto text = unseal(dossier, ref);
    if (!text) return failure(text.error());
    answer.add_texts(*std::move(text));
  }
  return answer;
}

template <class Request, class Reply, class Answer>
void IntakeApi::tell_service(const rpc::Call& call, const Request& request, const Out<Reply>& out, Answer answer) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  if (const auto granted = shared_kernel::api::require_service(**catalogue, call.principal, Action::kReadContact);
      !granted) {
    return out.fail(granted.error());
  }
  if (const auto purpose = check_text(request.purpose(), "purpose", kPurposeBytesMax, true); !purpose)
    return out.fail(purpose.error());
  const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
  if (!name) return out.fail(name.error());
  reads_.read(*name, 0, commands_.deadline_of(call),
              [this, call, request, name = *name, out, answer](const Result<ReadDossier>& read) {
                if (!read) return out.fail(read.error());
                if (read->value == nullptr) return out.fail(shared_kernel::dossier_not_found());
                const auto queued = parts_.reads.post([this, call, request, name, out, read, answer] {
                  const auto stored = stored_dossier(*read->value);
                  if (!stored) return out.fail(stored.error());
                  if (!parts_.audit({call.principal, call.principal, request.dossier_id(), 0, request.purpose()}))
                    return out.fail(audit_failed());
                  const auto told = answer(name, *stored);
                  if (!told) return out.fail(told.error());
                  out.ok(*told);
                });
                if (!queued) out.fail(shared_kernel::api::too_many_reads());
              });
}

void IntakeApi::get_contact(const rpc::Call& call, const v1::GetContactRequest& request,
                            const Out<v1::GetContactResponse>& out) const {
  if (request.texts_size() > kQuotedTextsMax)
    return out.fail(rpc::invalid_field("texts", "tối đa 4 đoạn.", "at most 4 texts."));
  tell_service(call, request, out, [this, request](const Name& name, const v1::StoredDossier& stored) {
    return contact_of(name, stored, request);
  });
}

Result<v1::GetAddressResponse> IntakeApi::address_of(const Name& dossier, const v1::StoredDossier& stored,
                                                     const kernel::v1::SealedRef& ref) const {
  if (stored.erased()) return failure(personal_data_erased());
  const auto plain = unseal(dossier, ref);
  if (!plain) return failure(plain.error());
  v1::GetAddressResponse answer;
  if (!answer.mutable_address()->ParseFromString(*plain)) return malformed("sealed address");
  return answer;
}

void IntakeApi::get_address(const rpc::Call& call, const v1::GetAddressRequest& request,
                            const Out<v1::GetAddressResponse>& out) const {
  tell_service(call, request, out, [this, request](const Name& name, const v1::StoredDossier& stored) {
    return address_of(name, stored, request.address());
  });
}

void IntakeApi::get_key(const rpc::Call& call, const v1::GetDossierKeyRequest& request,
                        const Out<v1::GetDossierKeyResponse>& out) const {
  const auto catalogue = shared_kernel::api::latest_catalogue(parts_.rules);
  if (!catalogue) return out.fail(catalogue.error());
  if (const auto granted = shared_kernel::api::require_service(**catalogue, call.principal, Action::kReadContentKey);
      !granted) {
    return out.fail(granted.error());
  }
  const auto name = shared_kernel::parse_dossier_name(request.dossier_id());
  if (!name) return out.fail(name.error());
  reads_.read(*name, 0, commands_.deadline_of(call), [this, out](const Result<ReadDossier>& read) {
    if (!read) return out.fail(read.error());
    if (read->value == nullptr) return out.fail(shared_kernel::dossier_not_found());
    const auto queued = parts_.reads.post([this, out, read] {
      const auto stored = stored_dossier(*read->value);
      if (!stored) return out.fail(stored.error());
      if (stored->erased() || stored->contents().empty()) return out.fail(personal_data_erased());
      const auto key = parts_.keys.find(stored->contents(0).key_ref());
      if (!key) return out.fail(key.error());
      v1::GetDossierKeyResponse answer;
      answer.set_key_ref(stored->contents(0).key_ref());
      answer.set_key(std::string(key->view()));
      out.ok(answer);
    });
    if (!queued) out.fail(shared_kernel::api::too_many_reads());
  });
}

void IntakeApi::register_reads() {
  intake_.unary<v1::GetDossierRequest, v1::GetDossierResponse>(
      "GetDossier", [this](const auto& call, auto request, auto out) { get_dossier(call, request, out); });
  intake_.unary<v1::ListDossiersRequest, v1::ListDossiersResponse>(
      "ListDossiers", [this](const auto& call, auto request, auto out) { list_dossiers(call, request, out); });
  content_.unary<v1::GetContentRequest, v1::GetContentResponse>(
      "GetContent", [this](const auto& call, auto request, auto out) { get_content(call, request, out); });
  contact_.unary<v1::GetContactRequest, v1::GetContactResponse>(
      "GetContact", [this](const auto& call, auto request, auto out) { get_contact(call, request, out); });
  contact_.unary<v1::GetAddressRequest, v1::GetAddressResponse>(
      "GetAddress", [this](const auto& call, auto request, auto out) { get_address(call, request, out); });
  key_.unary<v1::GetDossierKeyRequest, v1::GetDossierKeyResponse>(
      "GetDossierKey", [this](const auto& call, auto request, auto out) { get_key(call, request, out); });
}

}  // namespace lienthong::intake
