// nginx as a contender: the same job as the relay's core (check the token, replace it by the operator's key, stream both ways, log one line).
import { execFileSync } from 'node:child_process'
import { mkdirSync, writeFileSync } from 'node:fs'
import { join } from 'node:path'
import { operatorKey, relayToken } from './payloads.ts'

/** Debian's place is not in everybody's PATH. */
const places = ['nginx', '/usr/sbin/nginx', '/usr/local/sbin/nginx']

/** Where nginx is and which one it is; undefined where it is not installed. */
export function findNginx(): { path: string; version: string } | undefined {
  for (const path of places) {
    try {
      // nginx tells its version on standard error.
      const version = execFileSync('sh', ['-c', `${path} -v 2>&1`], { encoding: 'utf8' })
      return { path, version: version.replace('nginx version: ', '').trim() }
    } catch {
      continue
    }
  }
  return undefined
}

export type NginxPorts = { readonly logging: number; readonly quiet: number; readonly upstream: number }

/** Writes the configuration below `directory`; returns the arguments nginx is started with. */
export function configureNginx(directory: string, ports: NginxPorts): string[] {
  for (const name of ['logs', 'temp']) mkdirSync(join(directory, name), { recursive: true })
  const path = join(directory, 'nginx.conf')
  writeFileSync(path, configuration(directory, ports))
  return ['-p', directory, '-c', path, '-e', join(directory, 'logs', 'error.log')]
}

function configuration(directory: string, ports: NginxPorts): string {
  // A thousand tokens, as a team has them: a map of one entry would be unfairly cheap.
  const tokens = Array.from({ length: 999 }, (_, index) => `    "Bearer relay-token-number-${index}-0123456789abcdef" 1;`)
  const temporary = ['client_body', 'proxy', 'fastcgi', 'uwsgi', 'scgi'].map((kind) => `  ${kind}_temp_path ${directory}/temp/${kind};`)
  // A worker that cannot read a directory of root's under /tmp would answer 500; elsewhere the directive only warns.
  const user = process.getuid?.() === 0 ? 'user root;' : ''
  return `${user}
daemon off;
worker_processes 1;
pid ${directory}/nginx.pid;
error_log ${directory}/logs/error.log error;
events { worker_connections 20000; }
http {
${temporary.join('\n')}
  map_hash_max_size 8192;
  map_hash_bucket_size 128;
  map $http_authorization $is_allowed {
    default 0;
    "Bearer ${relayToken}" 1;
${tokens.join('\n')}
  }
  log_format exchange escape=json '{"time":"$time_iso8601","level":"info","message":"exchange","requestId":"$request_id","method":"$request_method",'
    '"path":"$uri","status":$status,"requestBytes":$request_length,"responseBytes":$bytes_sent,"durationMs":$request_time,'
    '"upstreamMs":"$upstream_header_time","userAgent":"$http_user_agent"}';
  upstream openai {
    server 127.0.0.1:${ports.upstream};
    keepalive 512;
    keepalive_requests 100000000;
  }
  keepalive_requests 100000000;
  client_header_buffer_size 4k;
  client_max_body_size 0;
  proxy_http_version 1.1;
  proxy_buffering off;
  proxy_request_buffering off;
  proxy_read_timeout 600s;
  proxy_set_header Host api.openai.com;
  proxy_set_header Connection "";
  proxy_set_header Authorization "Bearer ${operatorKey}";
  proxy_hide_header openai-organization;
  proxy_hide_header set-cookie;
${server(ports.logging, `access_log ${directory}/logs/access.log exchange buffer=64k flush=1s;`)}
${server(ports.quiet, 'access_log off;')}
}
`
}

function server(port: number, accessLog: string): string {
  return `  server {
    listen 127.0.0.1:${port} backlog=4096;
    ${accessLog}
    location /v1/ {
      if ($is_allowed = 0) { return 401; }
      proxy_pass http://openai;
    }
  }`
}
