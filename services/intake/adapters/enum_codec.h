#pragma once

#include "intake/core/dossier.h"
#include "lienthong/intake/v1/events.pb.h"
#include "platform/base/result.h"

#include <cstdint>

namespace lienthong::intake {

v1::ApplicantKind encode_enum(ApplicantKind kind);
v1::Channel encode_enum(Channel channel);
/// Errors: kInvalidArgument on a number without meaning.
Result<ApplicantKind> decode_enum(v1::ApplicantKind kind);
Result<Channel> decode_enum(v1::Channel channel);
/// Errors: kInvalidArgument outside of 1..10.
Result<NationalStatus> decode_status(std::uint32_t code);

}  // namespace lienthong::intake
