/** Prints a completion script for a shell: commands, their subcommands and options. */
import { Argument, Command } from 'commander';
import { examples, type CommandLoaders } from '../command-line.js';

/** Words that may follow, by the command before them; '' is the program itself. */
async function words(
  commands: CommandLoaders,
  hidden: readonly string[],
): Promise<ReadonlyMap<string, readonly string[]>> {
  const found = new Map<string, readonly string[]>();
  const names = Object.keys(commands).filter((name) => !hidden.includes(name));
  found.set('', names);
  for (const name of names) {
    const { command } = await commands[name]!();
    const visit = (one: Command, path: string): void => {
      const options = one.options.map(({ long, short }) => long ?? short ?? '');
      found.set(path, [...one.commands.map((each) => each.name()), ...options, '--help']);
      for (const each of one.commands) visit(each, `${path} ${each.name()}`);
    };
    visit(command, name);
  }
  return found;
}

const scripts = {
  bash: (all: ReadonlyMap<string, readonly string[]>) => `# tocsin completion bash > /etc/bash_completion.d/tocsin
_tocsin() {
  local words="" path="" word
  for word in "\${COMP_WORDS[@]:1:COMP_CWORD-1}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${[...all].map(([path, next]) => `    "${path}") words="${next.join(' ')}" ;;`).join('\n')}
  esac
  COMPREPLY=($(compgen -W "$words" -- "\${COMP_WORDS[COMP_CWORD]}") $(compgen -f -- "\${COMP_WORDS[COMP_CWORD]}"))
}
complete -F _tocsin tocsin
`,
  zsh: (all: ReadonlyMap<string, readonly string[]>) => `#compdef tocsin
# tocsin completion zsh > "\${fpath[1]}/_tocsin"
_tocsin() {
  local path="" word
  for word in "\${words[@]:1:CURRENT-2}"; do
    case "$word" in -*) ;; *) path="\${path:+$path }$word" ;; esac
  done
  case "$path" in
${[...all].map(([path, next]) => `    "${path}") compadd -- ${next.join(' ')} ;;`).join('\n')}
  esac
  _files
}
compdef _tocsin tocsin
`,
  fish: (all: ReadonlyMap<string, readonly string[]>) =>
    `# tocsin completion fish > ~/.config/fish/completions/tocsin.fish
${[...all]
  .flatMap(([path, next]) =>
    next.map((word) => {
      const when = path === '' ? '__fish_use_subcommand' : `__fish_seen_subcommand_from ${path.split(' ').at(-1)}`;
      return word.startsWith('--')
        ? `complete -c tocsin -n '${when}' -l ${word.slice(2)}`
        : `complete -c tocsin -n '${when}' -a ${word}`;
    }),
  )
  .join('\n')}
`,
} as const;

/** The command that completes these commands; those that are hidden are left out. */
export const completionOf = (commands: CommandLoaders, hidden: readonly string[]): Command =>
  new Command('completion')
    .description('print a completion script for a shell')
    .addArgument(new Argument('<shell>', 'the shell').choices(Object.keys(scripts)))
    .addHelpText('after', examples('source <(tocsin completion bash)'))
    .action(
      async (shell: keyof typeof scripts) => void process.stdout.write(scripts[shell](await words(commands, hidden))),
    );
