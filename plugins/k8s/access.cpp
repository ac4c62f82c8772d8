// SPDX-License-Identifier: Apache-2.0
#include "k8s/access.hpp"

#include <cstdlib>
#include <filesystem>
#include <fstream>
#include <iterator>

namespace sonde::k8s {
namespace {

constexpr std::uintmax_t largest_file = 4U << 20;

std::string without_slash(std::string url) {
    while (url.ends_with('/')) {
        url.pop_back();
    }
    return url;
}

result<void> check_server(const std::string& url) {
    if (!url.starts_with("https://") && !url.starts_with("http://")) {
        return fail(errc::invalid, "'" + url + "' is no address of an API server; write https://host:port", "server");
    }
    return {};
}

result<api_access> from_options(const access_settings& settings) {
    if (auto checked = check_server(settings.server); !checked) {
        return std::unexpected(checked.error());
    }
    api_access found;
    found.server = without_slash(settings.server);
    found.token_file = settings.token_file;
    found.client.tls.ca_file = settings.ca_file;
    found.client.tls.certificate_file = settings.certificate_file;
    found.client.tls.key_file = settings.key_file;
    found.origin = "options";
    return found;
}

result<api_access> from_service_account(const access_settings& settings, const std::string& host,
                                        const std::string& port) {
    api_access found;
    // An IPv6 address stands in brackets within a URL.
    found.server = "https://" + (host.contains(':') ? "[" + host + "]" : host) + ":" + (port.empty() ? "443" : port);
    found.token_file = settings.service_account + "/token";
    found.client.tls.ca_file = settings.service_account + "/ca.crt";
    found.origin = "service account";
    std::error_code problem;
    for (const std::string& file : {found.token_file, found.client.tls.ca_file}) {
        if (!std::filesystem::exists(file, problem)) {
            return fail(errc::denied, "the pod has no service account; set automountServiceAccountToken", file);
        }
    }
    return found;
}

result<api_access> from_kubeconfig(const std::string& path, std::string_view context) {
    std::error_code problem;
    const auto size = std::filesystem::file_size(path, problem);
    if (problem) {
        return fail(errc::denied, "cannot read the kubeconfig: " + problem.message(), path);
    }
    if (size > largest_file) {
        return fail(errc::invalid, "the kubeconfig is larger than 4 MiB", path);
    }
    std::ifstream file(path, std::ios::binary);
    const std::string text{std::istreambuf_iterator<char>(file), {}};
    if (!file) {
        return fail(errc::denied, "cannot read the kubeconfig", path);
    }
    auto found = read_kubeconfig(text, context, std::filesystem::path(path).parent_path().string());
    if (!found) {
        error cause = found.error();
        cause.where = path;
        return fail(std::move(cause), "reading the kubeconfig");
    }
    found->origin = "kubeconfig " + path;
    return found;
}

}  // namespace

std::string process_environment(const char* name) {
    const char* const value = std::getenv(name);
    return value == nullptr ? std::string{} : std::string(value);
}

result<api_access> find_access(const access_settings& settings, const environment& from) {
    result<api_access> found = api_access{};
    const std::string host = from("KUBERNETES_SERVICE_HOST");
    const std::string file = from("KUBECONFIG");
    if (!settings.server.empty()) {
        found = from_options(settings);
    } else if (!settings.kubeconfig.empty()) {
        found = from_kubeconfig(settings.kubeconfig, settings.context);
    } else if (!host.empty()) {
        found = from_service_account(settings, host, from("KUBERNETES_SERVICE_PORT"));
    } else if (!file.empty()) {
        found = from_kubeconfig(file.substr(0, file.find(':')), settings.context);
    } else {
        return fail(errc::unsupported,
                    "no API server is known: this is not a pod (KUBERNETES_SERVICE_HOST is not set); set kubeconfig or "
                    "server");
    }
    if (found && !settings.proxy.empty()) {
        found->client.proxy = settings.proxy;
        found->client.no_proxy = settings.no_proxy;
    }
    return found;
}

}  // namespace sonde::k8s
