#include "intake/adapters/application_form.h"

#include "intake/core/dossier.h"
#include "shared_kernel/adapters/values_codec.h"
#include "shared_kernel/api/addresses.h"
#include "shared_kernel/api/commands.h"

#include <initializer_list>
#include <utility>

namespace lienthong::intake {
namespace {

using shared_kernel::api::check_text;

constexpr int kComponentsMax = 50;
constexpr int kFormFieldsMax = 500;
constexpr std::uint32_t kCopiesMax = 1000;
constexpr std::size_t kNameBytesMax = 400;
constexpr std::size_t kTextBytesMax = 4000;

Result<void> check_components(const ComponentList& components, const std::string& path) {
  if (components.size() > kComponentsMax) {
    return failure(rpc::invalid_field(path, "tối đa 50 thành phần; hãy chia nhỏ.", "at most 50 components; split them."));
  }
  for (int i = 0; i < components.size(); ++i) {
    const auto at = path + "[" + std::to_string(i) + "].";
    if (auto text = check_text(components[i].title(), at + "title", kNameBytesMax, false); !text) return text;
    if (components[i].count() == 0 || components[i].count() > kCopiesMax) {
      return failure(rpc::invalid_field(at + "count", "phải từ 1 đến 1000.", "must be 1 to 1000."));
    }
  }
  return {};
}

Result<void> check_fields(const google::protobuf::RepeatedPtrField<v1::FormField>& fields, const std::string& path) {
  if (fields.size() > kFormFieldsMax) return failure(rpc::invalid_field(path, "tối đa 500 mục.", "at most 500 fields."));
  for (int i = 0; i < fields.size(); ++i) {
    const auto at = path + "[" + std::to_string(i) + "].";
    if (auto text = check_text(fields[i].name(), at + "name", 64, true); !text) return text;
    if (auto text = check_text(fields[i].value(), at + "value", kTextBytesMax, false); !text) return text;
  }
  return {};
}

Result<void> check_person(const v1::Applicant& who, const std::string& path) {
  const std::initializer_list<std::pair<const std::string*, const char*>> texts = {
      {&who.identity_number(), "identity_number"},
      {&who.birth_date(), "birth_date"},
      {&who.phone(), "phone"},
      {&who.email(), "email"},
      {&who.address(), "address"}};
  if (auto text = check_text(who.full_name(), path + "full_name", kNameBytesMax, true); !text) return text;
  for (const auto& [text, field] : texts) {
    if (auto checked = check_text(*text, path + field, kNameBytesMax, false); !checked) return checked;
  }
  return {};
}

Result<void> check_post(const v1::PostalRequest& post, bool papers_are_here) {
  const std::string path = "application.post";
  if (!shared_kernel::wire::is_code(post.carrier()) || post.carrier().empty())
    return failure(rpc::invalid_field(path + ".carrier", "cần mã hãng vận chuyển.", "the carrier's code is needed."));
  if (!post.has_pick_up_at() && !post.has_deliver_to()) {
    return failure(rpc::invalid_field(path, "cần nơi thu gom hoặc nơi trả kết quả.",
                                      "an address to fetch from or to bring to is needed."));
  }
  if (post.collect() < 0 || post.collect() > kCollectMax || (post.collect() != 0 && !post.has_deliver_to())) {
    return failure(rpc::invalid_field(path + ".collect", "phải từ 0 đến 1.000.000.000 đồng, thu khi trả kết quả.",
                                      "must be 0 to 1,000,000,000 đồng, collected with the result."));
  }
  if (post.pick_up_fee() < 0 || post.pick_up_fee() > kCollectMax || (post.pick_up_fee() != 0 && !post.has_pick_up_at())) {
    return failure(rpc::invalid_field(path + ".pick_up_fee", "phải từ 0 đến 1.000.000.000 đồng, thu khi thu gom hồ sơ.",
                                      "must be 0 to 1,000,000,000 đồng, collected when the papers are fetched."));
  }
  if (post.has_pick_up_at()) {
    if (papers_are_here) {
      return failure(rpc::invalid_field(path + ".pick_up_at", "hồ sơ đang ở quầy; không cần thu gom.",
                                        "the papers are at the counter; there is nothing to fetch."));
    }
    if (auto address = shared_kernel::api::check_address(post.pick_up_at(), path + ".pick_up_at"); !address) return address;
  }
  if (!post.has_deliver_to()) return {};
  return shared_kernel::api::check_address(post.deliver_to(), path + ".deliver_to");
}

}  // namespace

Result<void> check_form(const v1::ApplicationForm& form, bool papers_are_here) {
  if (auto who = check_person(form.applicant(), "application.applicant."); !who) return who;
  if (form.has_authorised()) {
    if (auto who = check_person(form.authorised(), "application.authorised."); !who) return who;
  }
  if (auto text = check_text(form.note(), "application.note", kTextBytesMax, false); !text) return text;
  if (auto fields = check_fields(form.form(), "application.form"); !fields) return fields;
  if (form.has_post()) {
    if (auto post = check_post(form.post(), papers_are_here); !post) return post;
  }
  return check_components(form.components(), "application.components");
}

Result<void> check_supplement(const v1::RecordSupplementRequest& request) {
  if (auto text = check_text(request.note(), "note", kTextBytesMax, false); !text) return text;
  if (auto fields = check_fields(request.form(), "form"); !fields) return fields;
  return check_components(request.components(), "components");
}

Result<void> check_reason(const std::string& reason, bool required) {
  return check_text(reason, "reason", kTextBytesMax, required);
}

v1::DossierContent content_of(const v1::ApplicationForm& form) {
  v1::DossierContent content;
  *content.mutable_applicant() = form.applicant();
  *content.mutable_form() = form.form();
  content.set_note(form.note());
  *content.mutable_components() = form.components();
  if (form.has_authorised()) *content.mutable_authorised() = form.authorised();
  content.set_english_notices(form.english_notices());
  return content;
}

v1::DossierContent content_of(const v1::RecordSupplementRequest& request) {
  v1::DossierContent content;
  *content.mutable_form() = request.form();
  content.set_note(request.note());
  *content.mutable_components() = request.components();
  return content;
}

v1::Application application_of(const v1::ApplicationForm& form, v1::Channel channel_if_untold) {
  v1::Application out;
  out.set_home_key(form.home_key());
  out.set_procedure_code(form.procedure_code());
  out.set_applicant_kind(form.applicant_kind());
  out.set_channel(form.channel() == v1::CHANNEL_UNSPECIFIED ? channel_if_untold : form.channel());
  out.set_area_code(form.area_code());
  out.set_helped_by(form.helped_by());
  set_plain_components(form.components(), *out.mutable_components());
  return out;
}

void set_plain_components(const ComponentList& from, google::protobuf::RepeatedPtrField<kernel::v1::Component>& to) {
  for (const auto& component : from) {
    auto& out = *to.Add();
    out.set_code(component.code());
    out.set_count(component.count());
    out.set_sha256(component.sha256());
    out.set_reference(component.reference());
  }
}

}  // namespace lienthong::intake
