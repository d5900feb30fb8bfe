#pragma once

#include "lienthong/notification/v1/events.pb.h"
#include "lienthong/notification/v1/state.pb.h"
#include "notification/core/webhook_line.h"

namespace lienthong::notification {

/// What is known of lines on the wire, for events, commands and stored state.
void encode_tried(const DeliveryTried& from, v1::DeliveryTried& to);
void encode_reported(const DeliveriesReported& from, v1::DeliveriesReported& to);
DeliveriesReported decode_reported(const v1::DeliveriesReported& from);
void encode_line(const WebhookLine& from, v1::StoredLine& to);
WebhookLine decode_line(const v1::StoredLine& from);

}  // namespace lienthong::notification
