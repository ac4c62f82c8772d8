// SPDX-License-Identifier: Apache-2.0
// The names under which runtimes and the kubelet write who a container is: labels and OCI annotations of Kubernetes,
// containerd, CRI-O, podman and Docker. And small texts they share: image references, addresses, times.
#pragma once

#include <cstdint>
#include <string>
#include <string_view>

#include "container/facts.hpp"

namespace sonde::container {

// Takes what one label or annotation says; others are ignored.
void take_annotation(container_facts& facts, std::string_view key, std::string_view value);

// "registry:5000/a/b:1.2@sha256:..." into name and tag; a bare digest or id becomes the image's id.
void take_image(container_facts& facts, std::string_view reference);

// 4 or 16 bytes in network order; empty for what is no address.
[[nodiscard]] std::string address_bytes(std::string_view text);

// RFC 3339 as Go writes it, in Unix ns; 0 for what is no time and for Go's zero time.
[[nodiscard]] std::int64_t unix_time(std::string_view text) noexcept;

}  // namespace sonde::container
