// Files on their way into an environment: where they may go, and what they may be.
import { agentError } from './agent-error.ts'

export type FileInput =
  | { readonly type: 'file_id'; readonly file_id: string; readonly path: string }
  | { readonly type: 'inline'; readonly data: string; readonly path: string }

export function readFileInputs(files: readonly FileInput[], at: string): readonly FileInput[] {
  const paths = new Set<string>()
  return files.map((file, index) => {
    requireFileInput(file, `${at}[${index}].`)
    for (const other of paths)
      if (other === file.path || other.startsWith(`${file.path}/`) || file.path.startsWith(`${other}/`))
        throw agentError(`Files cannot share a destination: '${file.path}' and '${other}'.`, `${at}[${index}].path`)
    paths.add(file.path)
    return file
  })
}

/** `at` is the prefix of the parameters: `files[0].`. */
export function requireFileInput(file: FileInput, at: string): void {
  requirePath(file.path, `${at}path`)
  if (file.type === 'inline' && !isBase64(file.data)) throw agentError(`'${at}data' must be standard base64.`, `${at}data`)
}

function requirePath(path: string, param: string): void {
  const [, , ...parts] = path.split('/')
  const [top = ''] = parts
  const isInside = path.startsWith('/workspace/') && !/[\\\0]/.test(path) && !parts.some((part) => ['', '.', '..'].includes(part))
  if (!isInside) throw agentError(`File path must be an absolute path inside /workspace, but got '${path}'.`, param)
  if (top === '.codex' || /^\.managed-agents(?:-|$)/.test(top) || path === '/workspace/outputs')
    throw agentError(`File path '${path}' is reserved.`, param)
}

const isBase64 = (text: string): boolean => text.length % 4 === 0 && /^[A-Za-z\d+/]*={0,2}$/.test(text)
