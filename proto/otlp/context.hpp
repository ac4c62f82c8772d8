// SPDX-License-Identifier: Apache-2.0
// A sonde.v1.Context as attributes: under the names of OpenTelemetry where there are any, under sonde. and the path of
// the field where there are none. What is about the host goes to the resource.
#pragma once

#include "otlp/attributes.hpp"

namespace sonde::schema::otlp {

// Of the event itself: whom it is about goes to `subject`, what is not known of it to `record`. The context is used up.
void write_context(pb::KeyValueList& context, attribute_list& resource, attribute_list& subject,
                   attribute_list& record);

// Of the other end of a connection, all of it below sonde.peer.
void write_peer(pb::KeyValueList& peer, attribute_list& record);

}  // namespace sonde::schema::otlp
