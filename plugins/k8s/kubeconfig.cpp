// SPDX-License-Identifier: Apache-2.0
// kubeconfig files (https://kubernetes.io/docs/reference/config-api/kubeconfig.v1/): the server, its authority and the
// user's certificate or token. What would run a program or hand out a password is refused by name.
#include <algorithm>

#include <openssl/evp.h>

#include "k8s/access.hpp"
#include "k8s/yaml.hpp"

namespace sonde::k8s {
namespace {

result<std::string> decode_base64(std::string_view text, std::string_view key) {
    std::string compact;
    std::ranges::copy_if(text, std::back_inserter(compact), [](char c) { return c != '\n' && c != '\r' && c != ' '; });
    std::string decoded(compact.size() / 4 * 3 + 3, '\0');
    const int size =
        EVP_DecodeBlock(reinterpret_cast<unsigned char*>(decoded.data()),
                        reinterpret_cast<const unsigned char*>(compact.data()), static_cast<int>(compact.size()));
    if (size < 0 || compact.size() % 4 != 0) {
        return fail(errc::invalid, std::string(key) + " is not base64");
    }
    // OpenSSL counts the padding as bytes.
    const auto padding = static_cast<std::size_t>(std::ranges::count(compact, '='));
    decoded.resize(static_cast<std::size_t>(size) - std::min<std::size_t>(padding, 2));
    return decoded;
}

class context_reader {
public:
    context_reader(const yaml_node& root, std::string directory) : root_(&root), directory_(std::move(directory)) {}

    result<api_access> read(std::string_view wanted) {
        const std::string name = wanted.empty() ? (*root_)["current-context"].text : std::string(wanted);
        if (name.empty()) {
            return fail(errc::invalid, "it has no current-context; set context");
        }
        const yaml_node& context = (*root_)["contexts"].named(name)["context"];
        if (!context.is_there()) {
            return fail(errc::invalid, "it has no context '" + name + "'");
        }
        const yaml_node& cluster = (*root_)["clusters"].named(context["cluster"].text)["cluster"];
        if (!cluster.is_there()) {
            return fail(errc::invalid, "context '" + name + "' names a cluster that is not there");
        }
        if (auto read = read_cluster(cluster); !read) {
            return std::unexpected(read.error());
        }
        const std::string& user = context["user"].text;
        const yaml_node& who = (*root_)["users"].named(user);
        if (!user.empty() && !who.is_there()) {
            return fail(errc::invalid, "context '" + name + "' names a user that is not there");
        }
        if (auto read = read_user(who["user"]); !read) {
            return std::unexpected(read.error());
        }
        return std::move(found_);
    }

private:
    result<void> read_cluster(const yaml_node& cluster) {
        if (cluster["insecure-skip-tls-verify"].is_true()) {
            return fail(errc::unsupported, "insecure-skip-tls-verify is not supported: name the authority instead");
        }
        std::string server = cluster["server"].text;
        while (server.ends_with('/')) {
            server.pop_back();
        }
        if (!server.starts_with("https://") && !server.starts_with("http://")) {
            return fail(errc::invalid, "the cluster's server '" + server + "' is no address");
        }
        found_.client.proxy = cluster["proxy-url"].text;
        found_.server = server;
        if (const std::string& name = cluster["tls-server-name"].text; !name.empty()) {
            // Asked under the name of its certificate, connected to where it is.
            const std::string_view rest = std::string_view(server).substr(server.find("://") + 3);
            const std::string_view address = rest.substr(0, rest.find('/'));
            const std::size_t colon = address.rfind(':');
            const bool has_port = colon != std::string_view::npos && !address.ends_with(']');
            const std::string port(has_port ? address.substr(colon + 1) : "443");
            found_.client.connect_to = has_port ? std::string(address) : std::string(address) + ":443";
            found_.server = "https://" + name + ":" + port + std::string(rest.substr(address.size()));
        }
        common::http::tls_settings& tls = found_.client.tls;
        return either(cluster, "certificate-authority", tls.ca_file, tls.ca_pem);
    }

    result<void> read_user(const yaml_node& user) {
        for (const auto& [key, instead] :
             {std::pair("exec", "a token, a token file or a client certificate"),
              std::pair("auth-provider", "a token, a token file or a client certificate"),
              std::pair("username", "a token or a client certificate"),
              std::pair("password", "a token or a client certificate"), std::pair("as", "a user of its own")}) {
            if (user[key].is_there()) {
                return fail(errc::unsupported, std::string("the user's '") + key +
                                                   "' is not supported, since this agent runs unattended: give it " +
                                                   instead);
            }
        }
        found_.token = user["token"].text;
        if (!user["tokenFile"].text.empty()) {
            found_.token_file = absolute(user["tokenFile"].text);
        }
        common::http::tls_settings& tls = found_.client.tls;
        if (auto read = either(user, "client-certificate", tls.certificate_file, tls.certificate_pem); !read) {
            return read;
        }
        return either(user, "client-key", tls.key_file, tls.key_pem);
    }

    // `key` names a file, `key`-data holds its content and wins.
    result<void> either(const yaml_node& from, const std::string& key, std::string& file, std::string& content) const {
        if (const std::string& data = from[key + "-data"].text; !data.empty()) {
            auto decoded = decode_base64(data, key + "-data");
            if (!decoded) {
                return std::unexpected(decoded.error());
            }
            content = std::move(*decoded);
        } else if (!from[key].text.empty()) {
            file = absolute(from[key].text);
        }
        return {};
    }

    [[nodiscard]] std::string absolute(const std::string& path) const {
        return path.starts_with('/') || directory_.empty() ? path : directory_ + "/" + path;
    }

    const yaml_node* root_;
    std::string directory_;
    api_access found_;
};

}  // namespace

result<api_access> read_kubeconfig(std::string_view text, std::string_view context, const std::string& directory) {
    auto root = parse_yaml(text);
    if (!root) {
        return std::unexpected(root.error());
    }
    return context_reader(*root, directory).read(context);
}

}  // namespace sonde::k8s
