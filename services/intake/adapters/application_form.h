#pragma once

#include "lienthong/intake/v1/commands.pb.h"
#include "lienthong/intake/v1/intake_service.pb.h"
#include "platform/base/result.h"

#include <google/protobuf/repeated_ptr_field.h>

#include <string>

namespace lienthong::intake {

using ComponentList = google::protobuf::RepeatedPtrField<v1::Component>;

/// Rules of form for what a client hands in; codes are checked where commands are decoded.
/// `papers_are_here`: at the counter, where nothing is left for the post to fetch. Errors: kInvalidArgument, naming the
/// field.
Result<void> check_form(const v1::ApplicationForm& form, bool papers_are_here);
Result<void> check_supplement(const v1::RecordSupplementRequest& request);
/// A reason in words. Errors: kInvalidArgument.
Result<void> check_reason(const std::string& reason, bool required);

/// The part of an application that is sealed.
v1::DossierContent content_of(const v1::ApplicationForm& form);
v1::DossierContent content_of(const v1::RecordSupplementRequest& request);
/// The part that rules read; its content is still to be set.
v1::Application application_of(const v1::ApplicationForm& form, v1::Channel channel_if_untold);
void set_plain_components(const ComponentList& from, google::protobuf::RepeatedPtrField<kernel::v1::Component>& to);

}  // namespace lienthong::intake
