// Containers and their files: rows only. Columns are explained in endpoint.ts.
import type { Endpoint } from './endpoint.ts'
import { cursors } from './references.ts'

export const containers = [
  { id: 'containers.list', method: 'GET', path: '/v1/containers', transport: 'http', permission: 'containers:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [...cursors('container'), { act: 'list', kind: 'container', at: 'answer.data.id' }],
    summary: 'List containers.' },
  { id: 'containers.create', method: 'POST', path: '/v1/containers', transport: 'http', permission: 'containers:write',
    request: ['json'], response: ['json'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'file', at: 'body.file_ids' },
      { act: 'use', kind: 'skill', at: 'body.skills.skill_id' },
      { act: 'create', kind: 'container', at: 'answer.id' },
    ],
    summary: 'Create a container.' },
  { id: 'containers.delete', method: 'DELETE', path: '/v1/containers/{container_id}', transport: 'http', permission: 'containers:write',
    request: [], response: ['empty'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'delete', kind: 'container', at: 'path.container_id' }],
    summary: 'Delete a container.' },
  { id: 'containers.retrieve', method: 'GET', path: '/v1/containers/{container_id}', transport: 'http', permission: 'containers:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [{ act: 'use', kind: 'container', at: 'path.container_id' }],
    summary: 'Retrieve a container.' },
  { id: 'containers.files.list', method: 'GET', path: '/v1/containers/{container_id}/files', transport: 'http', permission: 'containers:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'container', at: 'path.container_id' },
      ...cursors('container_file'),
      { act: 'create', kind: 'container_file', at: 'answer.data.id' },
    ],
    summary: 'List files of a container.' },
  { id: 'containers.files.create', method: 'POST', path: '/v1/containers/{container_id}/files', transport: 'http', permission: 'containers:write',
    request: ['json', 'multipart'], response: ['json'], pace: 'upload', replay: 'never', beta: null, status: 'stable', actions: 'never', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'container', at: 'path.container_id' },
      { act: 'use', kind: 'file', at: 'body.file_id' },
      { act: 'use', kind: 'file', at: 'form.file_id' },
      { act: 'create', kind: 'container_file', at: 'answer.id' },
    ],
    summary: 'Put a file into a container.' },
  { id: 'containers.files.delete', method: 'DELETE', path: '/v1/containers/{container_id}/files/{file_id}', transport: 'http', permission: 'containers:write',
    request: [], response: ['empty'], pace: 'control', replay: 'never', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'container', at: 'path.container_id' },
      { act: 'delete', kind: 'container_file', at: 'path.file_id' },
    ],
    summary: 'Delete a file of a container.' },
  { id: 'containers.files.retrieve', method: 'GET', path: '/v1/containers/{container_id}/files/{file_id}', transport: 'http', permission: 'containers:read',
    request: [], response: ['json'], pace: 'control', replay: 'safe', beta: null, status: 'stable', actions: 'proxied', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'container', at: 'path.container_id' },
      { act: 'use', kind: 'container_file', at: 'path.file_id' },
    ],
    summary: 'Retrieve a file of a container.' },
  { id: 'containers.files.content', method: 'GET', path: '/v1/containers/{container_id}/files/{file_id}/content', transport: 'http', permission: 'containers:read',
    request: [], response: ['binary'], pace: 'download', replay: 'safe', beta: null, status: 'stable', actions: 'wrapped', tenants: 'owned',
    resources: [
      { act: 'use', kind: 'container', at: 'path.container_id' },
      { act: 'use', kind: 'container_file', at: 'path.file_id' },
    ],
    summary: 'Download a file of a container.' },
] as const satisfies readonly Endpoint[]
