/** Of the lists that leak again and again, those of eight characters and more, without their digits at the end. */
const COMMON = new Set(
  `password passwort passw0rd p@ssword p@ssw0rd pa55word pass1234 password! letmein! letmeinn welcome welcomeme iloveyou
  iloveyou! sunshine princess football baseball superman batman123 starwars whatever trustno1 trustnoone michelle
  jennifer jessica1 computer internet samsung1 corvette mercedes maverick midnight dolphin1 butterfly charlie1 freedom1
  chocolate elephant security changeme changeit changeme! default1 admin123 administrator adminadmin rootroot testtest
  test1234 guestguest useruser useradmin master12 masterkey mustang1 cowboys1 redskins steelers liverpool chelsea1
  arsenal1 barcelona realmadrid juventus spiderman pokemon1 naruto12 minecraft fortnite pokemongo google123 facebook
  linkedin myspace1 dragon12 monkey12 shadow12 hunter12 ashley12 michael1 jordan23 tigger12 soccer12 killer12
  qazwsxedc 1qaz2wsx 1q2w3e4r 1q2w3e4r5t q1w2e3r4 q1w2e3r4t5 zaq12wsx zaq1xsw2 qweasdzxc asdfghjkl1 qwerty12 qwer1234
  abcd1234 abc12345 a1b2c3d4 aa123456 letmein1 hello123 helloworld hellohello secret12 secretsecret mypassword
  yourpassword nopassword thepassword passpass temppass temporary passphrase cheese12 pepper12 ginger12 summer12
  winter12 spring12 autumn12 thomas12 andrew12 george12 william1 victoria samantha danielle alexander elizabeth
  christopher nicholas benjamin jonathan patricia stephanie rotoroto annotate annotation`.split(/\s+/),
);

/** Rows of keys and of the alphabet; their parts, forward and backward, are no better than one key. */
const ROWS = [
  'abcdefghijklmnopqrstuvwxyz',
  'qwertyuiop[]',
  'qwertzuiopü',
  'azertyuiop',
  "asdfghjkl;'",
  'qsdfghjklm',
  'zxcvbnm,./',
  'yxcvbnm,.-',
  '1234567890-=',
  '!@#$%^&*()',
];
const ALL_ROWS = [...ROWS, ...ROWS.map((row) => [...row].reverse().join(''))];

/** Whether a password is among the first that anybody would try. */
export function isCommonPassword(password: string): boolean {
  const plain = password.toLowerCase().trim();
  const withoutEnd = plain.replace(/[\d!.]+$/, '');
  return COMMON.has(plain) || COMMON.has(withoutEnd) || pieces(plain) <= 2 || isRepeated(plain);
}

/** How many parts of rows, or single characters, a text is made of. */
function pieces(text: string): number {
  let count = 0;
  for (let at = 0; at < text.length; count++) {
    let length = 1;
    while (at + length < text.length && ALL_ROWS.some((row) => row.includes(text.slice(at, at + length + 1)))) length++;
    at += length;
  }
  return count;
}

/** `abcabcabc`: one short piece over and over. */
function isRepeated(text: string): boolean {
  return /^(.{1,4})\1+$/.test(text);
}
