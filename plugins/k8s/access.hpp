// SPDX-License-Identifier: Apache-2.0
// Where the API server is and how to be let in: the service account of a pod, a kubeconfig file, or plain options.
#pragma once

#include <functional>
#include <string>
#include <string_view>

#include <sonde/result.hpp>

#include "common/http/message.hpp"

namespace sonde::k8s {

struct access_settings {
    std::string server;  // "https://host:port"; with the next four it makes the access
    std::string token_file;
    std::string ca_file;
    std::string certificate_file;
    std::string key_file;
    std::string kubeconfig;
    std::string context;          // of the kubeconfig; empty: its current one
    std::string service_account;  // directory with token and ca.crt
    std::string proxy;
    std::string no_proxy;
};

struct api_access {
    std::string server;  // without a slash at the end
    common::http::client_settings client;
    std::string token_file;  // empty: see token
    std::string token;       // empty: none
    std::string origin;      // "service account", "kubeconfig /etc/…": for people
};

// Of the process; a test gives its own.
using environment = std::function<std::string(const char* name)>;
[[nodiscard]] std::string process_environment(const char* name);

// In this order: `server`, `kubeconfig`, the service account of a pod, the file that KUBECONFIG names.
[[nodiscard]] result<api_access> find_access(const access_settings& settings, const environment& from);

// `directory` is that of the file: its relative paths begin there.
[[nodiscard]] result<api_access> read_kubeconfig(std::string_view text, std::string_view context,
                                                 const std::string& directory);

}  // namespace sonde::k8s
